# What `cmake --install` puts where, and the Debian package (cpack -G DEB in the build folder).
include(GNUInstallDirs)

# Manual page and completion come from the program's own command line.
set(manual ${PROJECT_BINARY_DIR}/isoscan.1)
set(completion ${PROJECT_BINARY_DIR}/isoscan.bash)
add_custom_command(OUTPUT ${manual} ${completion}
  COMMAND isoscan-compute manual --format man > ${manual}
  COMMAND isoscan-compute manual --format bash > ${completion}
  DEPENDS isoscan-compute VERBATIM)
add_custom_target(isoscan_manual ALL DEPENDS ${manual} ${completion})

install(TARGETS isoscan isoscan-compute RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME isoscan)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

# cpack packs what is built, and builds no test for it.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME isoscan)
set(CPACK_PACKAGE_CONTACT "The Isoscan authors <isoscan@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
# The libraries by what the programs link (dpkg-shlibdeps, of dpkg-dev); the matrix kernels are chosen at run time.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS libopenblas0-pthread)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS slurm-client)
include(CPack)

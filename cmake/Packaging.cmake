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
# Pages are compressed as Debian has them, without a time in them: the same bytes each time.
foreach(page isoscan isoscan-compute)
  list(APPEND pages ${PROJECT_BINARY_DIR}/${page}.1.gz)
endforeach()
file(WRITE ${PROJECT_BINARY_DIR}/isoscan-compute.1 ".so man1/isoscan.1\n")
add_custom_command(OUTPUT ${pages} ${PROJECT_BINARY_DIR}/changelog.gz
  COMMAND gzip -9nkf ${manual}
  COMMAND gzip -9nkf ${PROJECT_BINARY_DIR}/isoscan-compute.1
  COMMAND gzip -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md > ${PROJECT_BINARY_DIR}/changelog.gz
  DEPENDS ${manual} ${PROJECT_SOURCE_DIR}/CHANGELOG.md VERBATIM)
add_custom_target(isoscan_pages ALL DEPENDS ${pages} ${PROJECT_BINARY_DIR}/changelog.gz)
add_dependencies(isoscan_manual isoscan_pages)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME isoscan)
install(FILES README.md ${PROJECT_BINARY_DIR}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES cmake/debian-copyright DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

# cpack packs what is built, and builds no test for it.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME isoscan)
set(CPACK_PACKAGE_CONTACT "The Isoscan authors <authors@isoscan.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "MR scans of different scanners as if one had made them")
set(CPACK_PACKAGE_DESCRIPTION "Reads T1w brain scans (DICOM or NIfTI) of many scanners and harmonizes
them to a reference site. Learns how a site's scanner differs from a few
scans, writes volumes on the original grid with a report for each scan,
and refuses rather than harms. Research use only: not for diagnosis.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
# The libraries by what the programs link (dpkg-shlibdeps, of dpkg-dev); the matrix kernels are chosen at run time.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS libopenblas0-pthread)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS slurm-client)
include(CPack)

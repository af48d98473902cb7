#include "isoscan/core/student.hpp"

#include <gtest/gtest.h>

namespace isoscan::core {
namespace {

TEST(Student, IsWhatTablesSay) {
  EXPECT_NEAR(student_quantile(0.025, 1), 12.7062, 1e-3);
  EXPECT_NEAR(student_quantile(0.025, 2), 4.3027, 1e-3);
  EXPECT_NEAR(student_quantile(0.025, 10), 2.2281, 1e-3);
  EXPECT_NEAR(student_quantile(0.0005, 7), 5.4079, 1e-3);
  EXPECT_NEAR(student_quantile(0.005, 30), 2.7500, 1e-3);
}

// Of 8 people t of 7 degrees is 3.4995; of very many the normal law is left.
TEST(Student, PredictionWidensWithFewPeople) {
  EXPECT_NEAR(prediction_reach(0.01, 8), 3.4995 * 1.06066, 1e-3);
  EXPECT_NEAR(prediction_reach(0.01, 2), 63.6567 * 1.224745, 1e-2);
  EXPECT_NEAR(prediction_reach(0.01, 1e7), 2.5758, 1e-3);
}

}  // namespace
}  // namespace isoscan::core

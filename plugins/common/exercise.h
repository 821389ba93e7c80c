/* The mark that every message to people begins with. */
#ifndef ND_PLUGINS_COMMON_EXERCISE_H
#define ND_PLUGINS_COMMON_EXERCISE_H

#define EXERCISE_MARK      "EXERCISE: "      /* where only plain letters go */
#define EXERCISE_MARK_FULL "演練 EXERCISE: " /* UTF-8 */

#endif

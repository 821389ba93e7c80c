#include "report/internal.h"

#include <string.h>

/* States, grades, classes, roles and kinds in words, and how a page marks them. */

static const struct {
    const char *name;
    enum nd_message message;
} states[] = {{"waiting", ND_MSG_STATE_waiting},
              {"running", ND_MSG_STATE_running},
              {"done", ND_MSG_STATE_done},
              {"failed", ND_MSG_STATE_failed},
              {"skipped", ND_MSG_STATE_skipped},
              {"cancelled", ND_MSG_STATE_cancelled},
              {"recorded", ND_MSG_STATE_recorded},
              {"applied", ND_MSG_STATE_applied},
              {"verified", ND_MSG_STATE_verified},
              {"unverified", ND_MSG_STATE_unverified},
              {"left-alone", ND_MSG_STATE_left_alone},
              {"met", ND_MSG_MET},
              {"missed", ND_MSG_MISSED},
              {"unknown", ND_MSG_UNKNOWN},
              {"unrated", ND_MSG_NOT_RATED},
              {"late", ND_MSG_DUTY_LATE},
              {"objective", ND_MSG_KIND_objective},
              {"target", ND_MSG_KIND_target},
              {"task", ND_MSG_KIND_task},
              {"unconfirmed", ND_MSG_UNCONFIRMED},
              {"unsuggested", ND_MSG_UNSUGGESTED},
              {"P", ND_MSG_RATING_P},
              {"S", ND_MSG_RATING_S},
              {"M", ND_MSG_RATING_M},
              {"U", ND_MSG_RATING_U},
              {"planning", ND_MSG_ELEMENT_planning},
              {"organization", ND_MSG_ELEMENT_organization},
              {"equipment", ND_MSG_ELEMENT_equipment},
              {"training", ND_MSG_ELEMENT_training},
              {"exercises", ND_MSG_ELEMENT_exercises},
              {"high", ND_MSG_PRIORITY_high},
              {"medium", ND_MSG_PRIORITY_medium},
              {"low", ND_MSG_PRIORITY_low},
              {"proposed", ND_MSG_ITEM_proposed},
              {"agreed", ND_MSG_ITEM_agreed},
              {"started", ND_MSG_ITEM_started},
              {"dropped", ND_MSG_ITEM_dropped},
              {"open", ND_MSG_DUTY_OPEN},
              {"not_due", ND_MSG_DUTY_NOT_DUE},
              {"ended", ND_MSG_DUTY_ENDED},
              {"injected", ND_MSG_INJECTED},
              {"unexpected", ND_MSG_UNEXPECTED},
              {"answered", ND_MSG_STATE_answered},
              {"answered_late", ND_MSG_STATE_answered_late},
              {"delivered", ND_MSG_STATE_delivered},
              {"expired", ND_MSG_STATE_expired},
              {"not_needed", ND_MSG_STATE_not_needed},
              {"strength", ND_MSG_STATE_strength},
              {"improvement", ND_MSG_STATE_improvement},
              {"journal_whole", ND_MSG_JOURNAL_OK},
              {"journal_bad_from", ND_MSG_JOURNAL_BAD},
              {"journal_torn", ND_MSG_JOURNAL_TORN},
              {"probes_not_sent", ND_MSG_SLOTS_NOT_SENT},
              {"samples_not_stored", ND_MSG_ROWS_LOST},
              {"answers_late", ND_MSG_LATE_ANSWERS},
              {"answers_twice", ND_MSG_DUPLICATES},
              {"answers_reordered", ND_MSG_REORDERED},
              {"series_broken", ND_MSG_BROKEN},
              {"stalls", ND_MSG_STALLS},
              {"clock_steps", ND_MSG_CLOCK_STEPS},
              {"all_time", ND_MSG_ALL_TIME},
              {"without_injected", ND_MSG_WITHOUT_INJECTED},
              {"not_restored", ND_MSG_LESSON_not_restored},
              {"expectation_missed", ND_MSG_LESSON_expectation_missed},
              {"expectations_unknown", ND_MSG_LESSON_expectations_unknown},
              {"duty_missed", ND_MSG_LESSON_duty_missed},
              {"inject_unanswered", ND_MSG_LESSON_inject_unanswered},
              {"interruption_unexpected", ND_MSG_LESSON_interruption_unexpected},
              {"guard_breached", ND_MSG_LESSON_guard_breached},
              {"without_action", ND_MSG_LESSON_without_action},
              {"items_overdue", ND_MSG_LESSON_items_overdue},
              {"as_armer", ND_MSG_ROLE_armer},
              {"as_controller", ND_MSG_ROLE_controller},
              {"as_evaluator", ND_MSG_ROLE_evaluator},
              {"as_owner", ND_MSG_ROLE_owner},
              {"as_sender", ND_MSG_ROLE_sender},
              {"as_recipient", ND_MSG_ROLE_recipient},
              {"as_reporter", ND_MSG_ROLE_reporter},
              {"as_confirmer", ND_MSG_ROLE_confirmer},
              {"as_observer", ND_MSG_ROLE_observer},
              {"standard", ND_MSG_INJECT_standard},
              {"contingency", ND_MSG_INJECT_contingency},
              {"information", ND_MSG_INJECT_information},
              {"decision", ND_MSG_INJECT_decision},
              {"fault", ND_MSG_INJECT_fault},
              {"consequence", ND_MSG_CONSEQUENCE},
              {"onset", ND_MSG_MOMENT_onset},
              {"detected", ND_MSG_MOMENT_detected},
              {"acknowledged", ND_MSG_MOMENT_acknowledged},
              {"mitigated", ND_MSG_MOMENT_mitigated},
              {"restored", ND_MSG_MOMENT_restored},
              {"reverted", ND_MSG_MOMENT_reverted},
              {"nothing_made", ND_MSG_WHY_nothing_made},
              {"nothing_told", ND_MSG_WHY_nothing_told},
              {"nobody", ND_MSG_WHY_nobody},
              {"nothing_asked", ND_MSG_WHY_nothing_asked},
              {"not_in_force", ND_MSG_WHY_not_in_force},
              {"no_change", ND_MSG_WHY_no_change},
              {"not_measured", ND_MSG_WHY_not_measured},
              {"not_answered", ND_MSG_WHY_not_answered},
              {"not_read_back", ND_MSG_WHY_not_read_back},
              {"yes", ND_MSG_YES},
              {"no", ND_MSG_NO}};

const char *nd_state_text(const struct nd_page *page, const char *state)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(states[i].name, state) == 0)
            return nd_msg(page, states[i].message);
    }
    return state;
}

const char *nd_state_class(const char *state)
{
    static const struct {
        const char *state, *class;
    } list[] = {{"met", "met"},
                {"done", "met"},
                {"verified", "met"},
                {"answered", "met"},
                {"missed", "missed"},
                {"late", "missed"},
                {"failed", "missed"},
                {"expired", "missed"},
                {"answered_late", "missed"},
                {"recorded", "missed"},
                {"applied", "missed"},
                {"unverified", "missed"},
                {"unknown", "unknown"},
                {"left-alone", "missed"},
                {"unrated", "unknown"},
                {"journal_bad_from", "missed"},
                {"journal_torn", "missed"},
                {"not_restored", "missed"},
                {"expectation_missed", "missed"},
                {"duty_missed", "missed"},
                {"inject_unanswered", "missed"},
                {"interruption_unexpected", "missed"},
                {"guard_breached", "missed"},
                {"expectations_unknown", "unknown"},
                {"without_action", "unknown"},
                {"items_overdue", "missed"}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (strcmp(list[i].state, state) == 0)
            return list[i].class;
    }
    return "";
}

#include "message.h"

/* The causes of TS 38.413 §9.4.5 in the order of its ASN.1, root and extension alike. */

static const char *const radio_network[] = {
    "unspecified",
    "txnrelocoverall-expiry",
    "successful-handover",
    "release-due-to-ngran-generated-reason",
    "release-due-to-5gc-generated-reason",
    "handover-cancelled",
    "partial-handover",
    "ho-failure-in-target-5GC-ngran-node-or-target-system",
    "ho-target-not-allowed",
    "tngrelocoverall-expiry",
    "tngrelocprep-expiry",
    "cell-not-available",
    "unknown-targetID",
    "no-radio-resources-available-in-target-cell",
    "unknown-local-UE-NGAP-ID",
    "inconsistent-remote-UE-NGAP-ID",
    "handover-desirable-for-radio-reason",
    "time-critical-handover",
    "resource-optimisation-handover",
    "reduce-load-in-serving-cell",
    "user-inactivity",
    "radio-connection-with-ue-lost",
    "radio-resources-not-available",
    "invalid-qos-combination",
    "failure-in-radio-interface-procedure",
    "interaction-with-other-procedure",
    "unknown-PDU-session-ID",
    "unkown-qos-flow-ID",
    "multiple-PDU-session-ID-instances",
    "multiple-qos-flow-ID-instances",
    "encryption-and-or-integrity-protection-algorithms-not-supported",
    "ng-intra-system-handover-triggered",
    "ng-inter-system-handover-triggered",
    "xn-handover-triggered",
    "not-supported-5QI-value",
    "ue-context-transfer",
    "ims-voice-eps-fallback-or-rat-fallback-triggered",
    "up-integrity-protection-not-possible",
    "up-confidentiality-protection-not-possible",
    "slice-not-supported",
    "ue-in-rrc-inactive-state-not-reachable",
    "redirection",
    "resources-not-available-for-the-slice",
    "ue-max-integrity-protected-data-rate-reason",
    "release-due-to-cn-detected-mobility",
    "n26-interface-not-available",
    "release-due-to-pre-emption",
    "multiple-location-reporting-reference-ID-instances",
    "rsn-not-available-for-the-up",
    "npn-access-denied",
    "cag-only-access-denied",
    "insufficient-ue-capabilities",
    "redcap-ue-not-supported",
    "unknown-MBS-Session-ID",
    "indicated-MBS-session-area-information-not-served-by-the-gNB",
    "inconsistent-slice-info-for-the-session",
    "misaligned-association-for-multicast-unicast",
    "eredcap-ue-not-supported",
    "two-rx-xr-ue-not-supported",
};

static const char *const transport[] = {
    "transport-resource-unavailable",
    "unspecified",
};

static const char *const nas[] = {
    "normal-release",     "authentication-failure",      "deregister",
    "unspecified",        "uE-not-in-PLMN-serving-area", "mobile-IAB-not-authorized",
    "iAB-not-authorized",
};

static const char *const protocol[] = {
    "transfer-syntax-error",
    "abstract-syntax-error-reject",
    "abstract-syntax-error-ignore-and-notify",
    "message-not-compatible-with-receiver-state",
    "semantic-error",
    "abstract-syntax-error-falsely-constructed-message",
    "unspecified",
};

static const char *const misc[] = {
    "control-processing-overload",
    "not-enough-user-plane-processing-resources",
    "hardware-failure",
    "om-intervention",
    "unknown-PLMN-or-SNPN",
    "unspecified",
};

static const struct {
    const char *name;
    const char *const *causes;
    int count;
} groups[] = {
#define GROUP(name, causes)                                                                        \
    {                                                                                              \
        name, causes, (int)(sizeof(causes) / sizeof(causes)[0])                                    \
    }
    GROUP("radio-network", radio_network), GROUP("transport", transport), GROUP("nas", nas),
    GROUP("protocol", protocol),           GROUP("misc", misc),
};
#define GROUPS ((int)(sizeof groups / sizeof groups[0]))

const char *ngap_group_name(int group)
{
    return group >= 0 && group < GROUPS ? groups[group].name : "unknown";
}

const char *ngap_cause_name(int group, int cause)
{
    if (group < 0 || group >= GROUPS || cause < 0 || cause >= groups[group].count)
        return "unknown";
    return groups[group].causes[cause];
}

//! The words of each trouble and its actions. Names of buttons and pages, and the steps of the first
//! two, follow reference/amperity-behaviour.md 1 and 4, in our own words.

use super::{Action, ActionKind, Link, Step, Trouble};

/// A step that leads nowhere else.
const fn step(text: &'static str) -> Step {
    Step { text, link: None }
}

/// A step that is done on another page.
const fn at(text: &'static str, link: Link) -> Step {
    Step {
        text,
        link: Some(link),
    }
}

/// The last step of all.
const RETURN: Step =
    step("Return to this workflow action and click Resolve to go on with the workflow.");

/// Offered for every workflow that has ended.
pub const RETRY: Action = Action {
    kind: ActionKind::Retry,
    label: "Retry",
    steps: &[step(
        "Click Resolve to run the failed task again with the same inputs. Batches that were confirmed \
         are not sent again.",
    )],
    tip: None,
};

/// As [`RETRY`].
pub const RESTART: Action = Action {
    kind: ActionKind::Restart,
    label: "Restart",
    steps: &[step(
        "Click Resolve to run the workflow from the beginning with the current configuration. Customers \
         whose values were confirmed cost no request.",
    )],
    tip: None,
};

pub(super) const fn title(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Authorization => "Authorization error",
        Trouble::InvalidCredentials => "Invalid credentials",
        Trouble::BulkOff => "Bulk import is not enabled",
        Trouble::UnknownFields => "Unknown or mistyped fields",
        Trouble::PowerfulColumns => "Columns that are not allowed",
        Trouble::IdentityConflicts => "Identity conflicts",
        Trouble::RowGuard => "Row guard",
        Trouble::LeaverBrake => "Leaver brake",
        Trouble::SourceUnavailable => "Source unavailable",
        Trouble::SourceChanged => "Source columns changed",
        Trouble::SourceMissing => "Missing source file",
        Trouble::NotZendesk => "No Zendesk at the address",
        Trouble::Deadline => "Zendesk kept us waiting",
    }
}

pub(super) const fn sentence(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Authorization => {
            "Zendesk answered 403: the credential is not allowed to manage users. An API token is sent as \
             the credential string shown here."
        }
        Trouble::InvalidCredentials => {
            "Zendesk answered 401: it does not accept the stored credential."
        }
        Trouble::BulkOff => {
            "Zendesk does not let this account create or update users in bulk. It is off until Zendesk \
             enables it for the account."
        }
        Trouble::UnknownFields => {
            "The mapping names user fields that do not exist in Zendesk, which would drop their values \
             without a word. Nothing was sent."
        }
        Trouble::PowerfulColumns => {
            "A column gives or takes away power in Zendesk, such as a role, and the destination does not \
             allow it. Nothing was sent."
        }
        Trouble::IdentityConflicts => {
            "Some rows lead to more than one person. They were not sent; all others were."
        }
        Trouble::RowGuard => {
            "The source has more or fewer rows than the guard of this orchestration allows. Nothing was \
             sent."
        }
        Trouble::LeaverBrake => {
            "More customers are missing from the source than the brake of this orchestration allows. \
             Nothing was sent."
        }
        Trouble::SourceUnavailable => "The source could not be read. Nothing was sent.",
        Trouble::SourceChanged => {
            "The source has other columns than when the mapping was made. Nothing was sent."
        }
        Trouble::SourceMissing => "There is no file where the query expects one. Nothing was sent.",
        Trouble::NotZendesk => {
            "What answered at the address of the destination is a web page and not Zendesk's API. \
             Whether the last batch arrived is not known; it is sent again, which changes nothing twice."
        }
        Trouble::Deadline => {
            "Zendesk was limiting or unwell for longer than the deadline of this orchestration. What was \
             confirmed stays confirmed."
        }
    }
}

pub(super) const fn reasons(trouble: Trouble) -> &'static [&'static str] {
    match trouble {
        Trouble::Authorization => &[
            "The email address or the API token of the credential has the wrong value.",
            "The API token was deleted in Zendesk.",
            "The email address is no longer valid in Zendesk, or its user is not permitted to manage \
             users.",
            "For OAuth: the client lacks a scope, such as users:write.",
        ],
        Trouble::InvalidCredentials => &[
            "The API token or OAuth token was revoked, deleted or has expired.",
            "API tokens that go unused for 30 days are deactivated by Zendesk.",
            "The email address does not belong to the token.",
        ],
        Trouble::BulkOff => &["Bulk import of users is off by default in every Zendesk account."],
        Trouble::UnknownFields => &[
            "The field was never created, or was renamed or deleted in Zendesk.",
            "The name of the column or the mapping is misspelt.",
        ],
        Trouble::PowerfulColumns => &[
            "The source has more columns than were meant to be sent.",
            "The destination was never told to allow the attribute.",
        ],
        Trouble::IdentityConflicts => &[
            "The email of a row belongs to a user with another external id.",
            "Two rows share an email under different external ids.",
        ],
        Trouble::RowGuard => &[
            "The source was filled only in part, or doubled.",
            "The number of customers really changed that much.",
        ],
        Trouble::LeaverBrake => &[
            "The source was empty or filled only in part.",
            "The query or its filter changed.",
            "That many customers really left.",
        ],
        Trouble::SourceUnavailable => &[
            "The database or object store is down, or its credential was changed.",
            "A statement took longer than its limit.",
            "A file is damaged, or larger than the limits allow.",
        ],
        Trouble::SourceChanged => &[
            "A column was renamed, removed or given another type.",
            "The query was edited.",
        ],
        Trouble::SourceMissing => &[
            "The file was not delivered yet, or under another name.",
            "The import folder or bucket was changed.",
        ],
        Trouble::NotZendesk => &[
            "The subdomain of the destination is wrong.",
            "A sign-in page or a proxy stands before Zendesk.",
        ],
        Trouble::Deadline => &[
            "Other tools use up the rate limit or the job slots of the account.",
            "Zendesk has an incident.",
        ],
    }
}

pub(super) const fn label(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Authorization => "Resolve authorization error",
        Trouble::InvalidCredentials => "Resolve invalid credentials",
        Trouble::BulkOff => "Have bulk import enabled",
        Trouble::UnknownFields => "Create or rename the fields",
        Trouble::PowerfulColumns => "Leave out the columns, or allow them",
        Trouble::IdentityConflicts => "Choose for each row",
        Trouble::RowGuard | Trouble::LeaverBrake => "Mend the source",
        Trouble::SourceUnavailable => "Make the source available",
        Trouble::SourceChanged => "Adapt the mapping",
        Trouble::SourceMissing => "Deliver the file",
        Trouble::NotZendesk => "Correct the address",
        Trouble::Deadline => "Go on now",
    }
}

pub(super) const fn steps(trouble: Trouble) -> &'static [Step] {
    match trouble {
        Trouble::Authorization => {
            const {
                &[
                    at("Open the Credentials page in a new tab.", Link::Credentials),
                    step(
                        "Verify that the person who authorised access to Zendesk has the permissions to update \
                 users there.",
                    ),
                    at(
                        "Update the values of the credential as necessary.",
                        Link::Credentials,
                    ),
                    RETURN,
                ]
            }
        }
        Trouble::InvalidCredentials => {
            const {
                &[
                    at("Open the Credentials page in a new tab.", Link::Credentials),
                    at(
                        "Review the values of the credential and update them.",
                        Link::Credentials,
                    ),
                    RETURN,
                ]
            }
        }
        Trouble::BulkOff => {
            const {
                &[
                    at(
                        "Ask Zendesk support, as the owner of the account, to enable bulk import of users.",
                        Link::Zendesk,
                    ),
                    step("Wait for their confirmation."),
                    RETURN,
                ]
            }
        }
        Trouble::PowerfulColumns => {
            const {
                &[
                    at(
                        "Take the columns that the sentence names out of the query, or give them other names.",
                        Link::Query,
                    ),
                    at(
                        "If they are to be sent, have an administrator allow these attributes for the destination.",
                        Link::Destination,
                    ),
                    RETURN,
                ]
            }
        }
        Trouble::UnknownFields => {
            const {
                &[
                    at(
                        "Open the field set-up plan and look at each missing field and the nearest existing one.",
                        Link::Fields,
                    ),
                    at(
                        "Create the fields from the plan or in Zendesk, or correct the names in the mapping.",
                        Link::Mapping,
                    ),
                    RETURN,
                ]
            }
        }
        Trouble::IdentityConflicts => {
            const {
                &[
                    at("Open the list of rows in conflict.", Link::Rows),
                    at(
                        "Choose for each row: merge both users, keep both, or skip the row.",
                        Link::Rows,
                    ),
                    RETURN,
                ]
            }
        }
        Trouble::RowGuard => {
            const {
                &[
                    at("Review the source and its number of rows.", Link::Query),
                    at(
                        "Mend the source, or change the thresholds of the guard.",
                        Link::Orchestration,
                    ),
                    RETURN,
                ]
            }
        }
        Trouble::LeaverBrake => {
            const {
                &[
                    at("Review who would leave, before and after.", Link::Diff),
                    at(
                        "Mend the source, or change the share that the brake allows.",
                        Link::Orchestration,
                    ),
                    RETURN,
                ]
            }
        }
        Trouble::SourceUnavailable => {
            const {
                &[
                    at(
                        "Read the error of the query and try its preview.",
                        Link::Query,
                    ),
                    at(
                        "Repair the source, or update its credential or limits.",
                        Link::Credentials,
                    ),
                    RETURN,
                ]
            }
        }
        Trouble::SourceChanged => {
            const {
                &[
                    at(
                        "Open the preview of the query and compare its columns.",
                        Link::Query,
                    ),
                    at(
                        "Adapt the mapping, or restore the columns in the source.",
                        Link::Mapping,
                    ),
                    RETURN,
                ]
            }
        }
        Trouble::SourceMissing => {
            const {
                &[
                    at(
                        "Check where the query expects the file, and under which name.",
                        Link::Query,
                    ),
                    step("Put the file there."),
                    RETURN,
                ]
            }
        }
        Trouble::NotZendesk => {
            const {
                &[
                    at(
                        "Open the destination and check its subdomain.",
                        Link::Destination,
                    ),
                    at(
                        "Open the address in a new tab: Zendesk must answer it without a proxy's sign-in.",
                        Link::Zendesk,
                    ),
                    RETURN,
                ]
            }
        }
        Trouble::Deadline => {
            const {
                &[
                    at(
                        "Look at Zendesk's status page, and at what else uses the API of the account.",
                        Link::Zendesk,
                    ),
                    RETURN,
                ]
            }
        }
    }
}

pub(super) const fn tip(trouble: Trouble) -> Option<&'static str> {
    match trouble {
        Trouble::Authorization => Some(
            "A token belongs to the email address of the user who generated it: update both together. \
             Zendesk makes no new API tokens any more, so if the token is gone, give the credential an \
             OAuth client.",
        ),
        Trouble::InvalidCredentials => Some(
            "Zendesk makes no new API tokens any more. If the token is gone, give the credential an \
             OAuth client.",
        ),
        Trouble::BulkOff => Some(
            "Until then the rows can be sent one by one, one a second: 10,000 rows take about 2 hours 47 \
             minutes.",
        ),
        Trouble::UnknownFields
        | Trouble::PowerfulColumns
        | Trouble::IdentityConflicts
        | Trouble::RowGuard
        | Trouble::LeaverBrake
        | Trouble::SourceUnavailable
        | Trouble::SourceChanged
        | Trouble::SourceMissing
        | Trouble::NotZendesk
        | Trouble::Deadline => None,
    }
}

/// What can be done in place of mending the cause.
pub(super) const fn alternative(trouble: Trouble) -> Option<Action> {
    match trouble {
        Trouble::BulkOff => Some(Action {
            kind: ActionKind::OneByOne,
            label: "Send one by one",
            steps: const {
                &[
                    step(
                        "Look at the time this will take: one user a second, shown beside the choice.",
                    ),
                    step(
                        "Click Resolve to go on with one call per user. The other workflows stay as they are.",
                    ),
                ]
            },
            tip: None,
        }),
        Trouble::RowGuard | Trouble::LeaverBrake => Some(Action {
            kind: ActionKind::ApproveOnce,
            label: "Approve once",
            steps: const {
                &[
                    at("Review what would be sent, before and after.", Link::Diff),
                    step("Click Resolve to let this one run pass. The guard stays for the next."),
                ]
            },
            tip: None,
        }),
        Trouble::SourceMissing => Some(Action {
            kind: ActionKind::Ignore,
            label: "Ignore",
            steps: const {
                &[step(
                    "Click Resolve to end this run without a file. Nobody counts as having left.",
                )]
            },
            tip: None,
        }),
        Trouble::Authorization
        | Trouble::InvalidCredentials
        | Trouble::UnknownFields
        | Trouble::PowerfulColumns
        | Trouble::IdentityConflicts
        | Trouble::SourceUnavailable
        | Trouble::SourceChanged
        | Trouble::NotZendesk
        | Trouble::Deadline => None,
    }
}

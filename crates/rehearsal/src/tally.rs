//! How often each fault and each branch of the core was met ("sometimes" counts, reliability.md 3, T5).

/// Declares what is counted, each with the words it is shown by.
macro_rules! counts {
    ($( $(#[$about:meta])* $name:ident = $words:literal ),+ $(,)?) => {
        /// What is counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Count {
            $( $(#[$about])* #[doc = $words] $name ),+
        }

        impl Count {
            /// All of them, in the order of declaration.
            pub const ALL: &'static [(Self, &'static str)] = &[$( (Self::$name, $words) ),+];
        }

        const KINDS: usize = Count::ALL.len();
    };
}

counts! {
    Schedules = "schedules",
    Steps = "steps",
    RoundsToRest = "rounds to rest",
    LostRequest = "F01 request lost",
    LostReply = "F02 reply lost after success",
    LateRequest = "F03 request carried out late",
    LateApplied = "F03 late request changed something",
    TooMany = "F12 429",
    ServerError = "F13 5xx before applying",
    StampRefused = "F14 409 on safe_update",
    ClosedRefused = "F15 422 closed",
    FieldRefused = "422 on a field",
    Gone = "F16 404",
    SignInLost = "F17 401",
    NoEffect = "F18 200 that applied nothing or a part",
    TriggerSameAudit = "F21 trigger in the write's own audit",
    TriggerOwnAudit = "F21 trigger in an audit of its own",
    SameSecondEdit = "F22 edit in the second of the ticket's last change",
    RowTwice = "F23 row twice",
    RowsOutOfOrder = "F24 rows out of order",
    LookedGone = "F26 ticket deleted between webhook and look",
    RowOld = "F28 row changed while its page was read",
    WebhookTwice = "F29 webhook doubled",
    WebhookDropped = "F31 webhook dropped",
    WebhookLate = "F30, F32 webhook late or reordered",
    WebhookBurst = "F36 burst of webhooks",
    ClockJump = "F37 local clock jumped",
    ClockSkew = "F38 remote clock apart",
    Crash = "F39 processes killed",
    Frozen = "F41 worker stopped at a step for longer than its claim",
    ZombieRefused = "F41 write of a worker refused, since its claim has passed on",
    ZombieSent = "F41 request of a worker sent after its claim had passed on",
    Rollback = "F45 transaction rolled back",
    UnknownCommit = "F46 commit with an unknown outcome",
    Backup = "F49 backup made",
    Restored = "F49 old state put back",
    RuleSwitched = "F53 conflict rule switched",
    AgreedWiped = "F55 what was agreed on wiped",
    TwoWaySwitched = "two-way switched",
    ReadFailed = "a read failed",
    Claimed = "operation claimed",
    ReadAgain = "ticket read again in the same attempt",
    PlanSend = "plan: send",
    PlanNothing = "plan: nothing left",
    PlanPark = "plan: park",
    PlanOutdated = "plan: outdated",
    PlanLost = "plan: claim has passed on",
    CloseAcceptedByReply = "close: accepted by the reply",
    CloseAcceptedByMarker = "close: accepted by the marker",
    CloseCreated = "close: ticket created",
    CloseFound = "close: ticket found",
    CloseNothing = "close: nothing",
    ClosePark = "close: parked",
    CloseRefused = "close: refused",
    ClosePutOff = "close: put off",
    CloseLost = "close: lost",
    ReceiveMerged = "receive: merged",
    ReceiveStale = "receive: stale",
    ReceiveDeferred = "receive: deferred",
    PlaceOursByMarker = "place: ours, by its marker",
    PlaceOursDescription = "place: ours, the description",
    PlaceNew = "place: new",
    PlaceWait = "place: wait",
    Adopted = "ticket with our external_id linked by a pull",
    ConflictZendesk = "conflict: Zendesk wins",
    ConflictCrm = "conflict: the case wins",
    RemoteEdit = "person edits in Zendesk",
    RemoteComment = "person comments in Zendesk",
    RemoteClosed = "ticket closed in Zendesk",
    AutomationClosed = "solved ticket closed by an automation",
    RemoteDeleted = "ticket deleted in Zendesk",
    RemoteRestored = "ticket restored in Zendesk",
    RemoteMerged = "ticket merged in Zendesk",
    CommentHidden = "comment made private in Zendesk",
    CommentHiddenHere = "comment hidden here too",
    PrivateFirst = "first comment is private",
    UsersMerged = "customers merged in Zendesk",
    RequesterMoved = "ticket moved to the surviving customer",
    GoneRefused = "422 on a requester who was merged away",
    LocalEdit = "person edits here",
    LocalComment = "person comments here",
    Published = "person publishes",
    FollowedUp = "person follows up",
    Retried = "person retries what is parked",
    Discarded = "person discards what is parked",
    Arrived = "latecomers arrive",
    Swept = "sweep looks at a ticket",
}

/// The counts of one schedule, or of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally([u64; KINDS]);

impl Default for Tally {
    fn default() -> Self {
        Self([0; KINDS])
    }
}

impl Tally {
    /// Counts one more.
    pub const fn add(&mut self, count: Count) {
        self.0[count as usize] += 1;
    }

    /// How many there were.
    pub const fn get(&self, count: Count) -> u64 {
        self.0[count as usize]
    }

    /// Adds another's counts.
    pub fn take_in(&mut self, other: &Self) {
        for (mine, others) in self.0.iter_mut().zip(other.0) {
            *mine += others;
        }
    }

    /// Each with its words.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Count::ALL
            .iter()
            .map(|(count, words)| (*words, self.get(*count)))
    }
}

//! What other systems can be told of.

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A case was made, here or of a ticket.
    CaseCreated,
    /// Fields of a case changed, on either side.
    CaseUpdated,
    /// A case was deleted here.
    CaseDeleted,
    /// A case that was deleted came back.
    CaseRestored,
    /// A case that was made here has a ticket, or a follow-up of its closed one.
    CasePublished,
    /// A field was changed on both sides.
    ConflictRecorded,
    /// The value that lost a conflict was given back.
    ConflictRestored,
    /// A run of an integration came to its end, or was stopped by somebody.
    RunFinished,
    /// A run of an integration failed.
    RunFailed,
    /// A workflow sent everything.
    WorkflowCompleted,
    /// A workflow waits for a person.
    WorkflowFailed,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::CaseCreated,
        Self::CaseUpdated,
        Self::CaseDeleted,
        Self::CaseRestored,
        Self::CasePublished,
        Self::ConflictRecorded,
        Self::ConflictRestored,
        Self::RunFinished,
        Self::RunFailed,
        Self::WorkflowCompleted,
        Self::WorkflowFailed,
    ];

    /// The word that is stored, sent and chosen.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CaseCreated => "case.created",
            Self::CaseUpdated => "case.updated",
            Self::CaseDeleted => "case.deleted",
            Self::CaseRestored => "case.restored",
            Self::CasePublished => "case.published",
            Self::ConflictRecorded => "conflict.recorded",
            Self::ConflictRestored => "conflict.restored",
            Self::RunFinished => "run.finished",
            Self::RunFailed => "run.failed",
            Self::WorkflowCompleted => "workflow.completed",
            Self::WorkflowFailed => "workflow.failed",
        }
    }

    /// What happened, for people who choose.
    pub const fn explain(self) -> &'static str {
        match self {
            Self::CaseCreated => "a case was made, here or of a ticket",
            Self::CaseUpdated => "fields of a case changed, here or in Zendesk",
            Self::CaseDeleted => "a case was deleted here",
            Self::CaseRestored => "a case that was deleted came back",
            Self::CasePublished => "a case has a ticket that it had not before",
            Self::ConflictRecorded => "a field was changed on both sides",
            Self::ConflictRestored => "the value that lost a conflict was given back",
            Self::RunFinished => "a run of an integration came to its end, or was stopped",
            Self::RunFailed => "a run of an integration failed",
            Self::WorkflowCompleted => "a workflow sent everything",
            Self::WorkflowFailed => "a workflow waits for a person",
        }
    }

    /// The kind of a word, exactly as written.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

//! What both sides came to: every comment on both once, and every edit accounted for.

use std::collections::BTreeMap;

use domain::mapping::{priority_to_ticket, status_to_ticket};
use simulator::Simulator;

use crate::desk::People;

/// Every value that somebody gave a ticket's subject, in order: here, and in Zendesk.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    pub(crate) here: BTreeMap<i64, Vec<String>>,
    pub(crate) there: BTreeMap<i64, Vec<String>>,
}

/// Both sides say the same of every ticket: fields by the maps, and each comment once.
pub(crate) async fn assert_equal(zendesk: &Simulator, people: &People) {
    let mut reader = people.engine.store.read().await.unwrap();
    let integration = store::integrations::find(&mut reader, "main")
        .await
        .unwrap();
    let maps = integration.unwrap().settings.maps;
    let tickets: Vec<_> = zendesk.read(|account| account.tickets().cloned().collect());
    let mut here_all = 0;
    for ticket in &tickets {
        let links = store::links::cases_of(&mut reader, &people.integration, &[ticket.id]).await;
        let case = links.unwrap().remove(&ticket.id).expect("a case");
        let case = store::cases::find(&mut reader, &case)
            .await
            .unwrap()
            .unwrap();
        let fields = &case.fields;
        let subject = ticket.subject.as_ref().map(ToString::to_string);
        assert_eq!(
            Some(&fields.subject),
            subject.as_ref(),
            "ticket {}",
            ticket.id
        );
        let status = Some(ticket.status.as_str().to_owned());
        assert!(
            status_to_ticket(fields.status, &maps).says(&status)
                || fields.status.as_str() == "open",
            "ticket {}: {:?} and {status:?}",
            ticket.id,
            fields.status
        );
        let priority = ticket.priority.map(|word| word.as_str().to_owned());
        assert!(
            priority.is_none()
                || priority.as_deref() == Some("urgent")
                || priority_to_ticket(fields.priority, &maps).says(&priority),
            "ticket {}: {:?} and {priority:?}",
            ticket.id,
            fields.priority
        );
        let rows = store::comments::of_case(&mut reader, &case.id, 0, i64::MAX).await;
        let rows = rows.unwrap();
        here_all += rows.len();
        let mut here: Vec<(i64, bool)> = rows
            .iter()
            .map(|row| (row.remote_id.expect("it is in Zendesk"), row.comment.public))
            .collect();
        let mut there: Vec<(i64, bool)> = zendesk.read(|account| {
            let comments = account.comments_of(ticket.id);
            let ids = comments.map(|(audit, comment)| (audit.comment_id(), comment.public));
            ids.collect()
        });
        here.sort_unstable();
        there.sort_unstable();
        assert_eq!(here, there, "the comments of ticket {}", ticket.id);
        let whole = store::history::chain_is_whole(&mut reader, &case.id).await;
        assert!(whole.unwrap(), "the history of ticket {}", ticket.id);
    }
    assert_eq!(here_all, zendesk.count_comments());
    let cases = store::cases::count(&mut reader).await.unwrap();
    assert_eq!(usize::try_from(cases), Ok(zendesk.count_tickets()));
}

/// Each of these texts is in Zendesk exactly once, those of one ticket in the order they were said.
pub(crate) fn assert_said_once(zendesk: &Simulator, said: &BTreeMap<i64, Vec<String>>) {
    for (ticket, texts) in said {
        let there: Vec<String> = zendesk.read(|account| {
            let comments = account.comments_of(*ticket);
            let bodies = comments.map(|(_, comment)| comment.body.to_string());
            bodies.filter(|body| texts.contains(body)).collect()
        });
        assert_eq!(&there, texts, "on ticket {ticket}");
    }
}

/// Every subject that somebody typed is the last word, was followed by a later one of the same side,
/// reached the other side once, or is in the record of a conflict (I-04).
pub(crate) async fn assert_no_edit_is_lost(zendesk: &Simulator, people: &People, edits: &Edits) {
    let mut reader = people.engine.store.read().await.unwrap();
    let all = store::conflicts::Filter::default();
    let conflicts = store::conflicts::list(&mut reader, all, None, i64::MAX).await;
    let conflicts = conflicts.unwrap();
    for (ticket, typed) in &edits.here {
        let last = typed.last().unwrap();
        let reached = zendesk.read(|account| {
            account.audits_of(*ticket).any(|audit| {
                let changes = audit.events.iter();
                changes
                    .clone()
                    .any(|event| format!("{event:?}").contains(last.as_str()))
            })
        });
        let recorded = conflicts
            .iter()
            .any(|conflict| conflict.crm.as_deref() == Some(last));
        assert!(reached || recorded, "{last} of ticket {ticket} is lost");
    }
    for (ticket, typed) in &edits.there {
        let last = typed.last().unwrap();
        let links = store::links::cases_of(&mut reader, &people.integration, &[*ticket]).await;
        let case = links.unwrap().remove(ticket).unwrap();
        let history = store::history::of_case(&mut reader, &case).await.unwrap();
        let reached = history
            .iter()
            .filter_map(|entry| entry.body.as_ref())
            .any(|body| body.contains(last.as_str()));
        let recorded = conflicts
            .iter()
            .any(|conflict| conflict.zendesk.as_deref() == Some(last));
        assert!(reached || recorded, "{last} of ticket {ticket} is lost");
    }
}

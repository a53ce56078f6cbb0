//! A customer who answers opens a solved ticket again (zendesk-api.md 4.1).

use serde_json::json;
use simulator::{Config, NewComment, NewTicket, NewUser, Status, Switches};

use crate::rig::{Rig, empty};

/// A solved ticket of a customer: rig and the customer.
async fn solved(config: Config) -> (Rig, i64) {
    let rig = Rig::start(config).await;
    let customer = rig.simulator.edit(|account| {
        let new = NewUser::end_user("Rosa Parks", "rosa@customer.example");
        let customer = account.add_user(new).unwrap();
        let new = NewTicket {
            subject: Some("Lamp".to_owned()),
            comment: NewComment::public("It is broken"),
            requester_id: Some(customer),
            ..NewTicket::default()
        };
        let ticket = account.add_ticket(new).unwrap();
        account.solve(ticket).unwrap();
        customer
    });
    rig.wait_minutes(5);
    (rig, customer)
}

fn status(rig: &Rig) -> Status {
    rig.simulator
        .read(|account| account.ticket(1).unwrap().status)
}

#[tokio::test]
async fn a_public_reply_of_the_requester_opens_a_solved_ticket_in_the_same_audit() {
    let (rig, customer) = solved(empty()).await;
    let reply = rig
        .put(
            "/api/v2/tickets/1.json",
            &json!({"ticket": {"comment": {"body": "Again.", "author_id": customer}}}),
        )
        .await;
    assert_eq!(reply.json()["ticket"]["status"], "open");
    let events = reply.json()["audit"]["events"].clone();
    let changed = events.as_array().unwrap().iter().find(|event| {
        event["field_name"] == "status" && event["type"] == "Change" && event["value"] == "open"
    });
    assert_eq!(changed.unwrap()["previous_value"], "solved");
    assert_eq!(status(&rig), Status::Open);
}

#[tokio::test]
async fn a_reply_in_zendesks_own_pages_opens_it_as_well() {
    let (rig, customer) = solved(empty()).await;
    rig.simulator.edit(|account| {
        let comment = NewComment {
            author_id: Some(customer),
            ..NewComment::public("Again.")
        };
        account.add_comment(1, comment).unwrap();
    });
    assert_eq!(status(&rig), Status::Open);
}

#[tokio::test]
async fn nothing_else_opens_it() {
    let (rig, customer) = solved(empty()).await;
    let other = rig.simulator.edit(|account| {
        let new = NewUser::end_user("Somebody Else", "else@customer.example");
        account.add_user(new).unwrap()
    });
    for ticket in [
        json!({"comment": {"body": "By an agent."}}),
        json!({"comment": {"body": "Not for all.", "author_id": customer, "public": false}}),
        json!({"comment": {"body": "By somebody else.", "author_id": other}}),
        // An update that says a status has it its way.
        json!({"comment": {"body": "Thanks.", "author_id": customer}, "status": "solved"}),
    ] {
        rig.put("/api/v2/tickets/1.json", &json!({"ticket": ticket}))
            .await;
        assert_eq!(status(&rig), Status::Solved, "{ticket}");
    }
    rig.simulator.edit(|account| account.close(1).unwrap());
    rig.simulator.edit(|account| {
        let comment = NewComment {
            author_id: Some(customer),
            ..NewComment::public("Again.")
        };
        account.add_comment(1, comment).unwrap();
    });
    assert_eq!(status(&rig), Status::Closed);
}

#[tokio::test]
async fn the_switch_leaves_it_solved() {
    let config = Config {
        switches: Switches {
            reply_reopens: false,
            ..Switches::default()
        },
        ..empty()
    };
    let (rig, customer) = solved(config).await;
    rig.put(
        "/api/v2/tickets/1.json",
        &json!({"ticket": {"comment": {"body": "Again.", "author_id": customer}}}),
    )
    .await;
    assert_eq!(status(&rig), Status::Solved);
}

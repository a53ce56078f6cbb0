use simulator::Config;

use crate::rig::{Rig, config, empty};

#[tokio::test]
async fn the_json_suffix_is_optional() {
    let rig = Rig::start(config()).await;
    for path in [
        "users/me",
        "tickets",
        "tickets/1",
        "tickets/1/comments",
        "groups",
        "brands",
        "custom_statuses",
        "user_fields",
        "ticket_fields",
        "organizations",
        "job_statuses",
    ] {
        let bare = rig.get(&format!("/api/v2/{path}")).await;
        let suffixed = rig.get(&format!("/api/v2/{path}.json")).await;
        assert_eq!((bare.status, suffixed.status), (200, 200), "{path}");
        assert_eq!(bare.text, suffixed.text, "{path}");
    }
}

#[tokio::test]
async fn a_list_by_offset_counts_and_links() {
    let rig = Rig::start(config()).await;
    let page = rig.get("/api/v2/users?per_page=20&page=2").await.json();
    assert_eq!(page["count"], 50);
    assert_eq!(page["users"].as_array().unwrap().len(), 20);
    assert!(
        page["next_page"]
            .as_str()
            .unwrap()
            .ends_with("/api/v2/users.json?page=3&per_page=20")
    );
    assert!(
        page["previous_page"]
            .as_str()
            .unwrap()
            .ends_with("/api/v2/users.json?page=1&per_page=20")
    );
    let last = rig.get("/api/v2/users?per_page=20&page=3").await.json();
    assert_eq!(last["next_page"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_problem_lists_its_incidents() {
    let rig = Rig::start(config()).await;
    let problem = rig.simulator.read(|account| {
        let mut problems = account.tickets().filter_map(|ticket| ticket.problem_id);
        problems.next().unwrap()
    });
    // Like every list, it leaves out those closed long ago.
    let tickets = rig.get("/api/v2/tickets.json").await.rows("tickets");
    let incidents: Vec<i64> = tickets
        .iter()
        .filter(|ticket| ticket["problem_id"] == problem)
        .map(|ticket| ticket["id"].as_i64().unwrap())
        .collect();
    let listed = rig
        .get(&format!("/api/v2/tickets/{problem}/incidents.json"))
        .await;
    assert_eq!(listed.ids("tickets"), incidents);
    assert_eq!(listed.json()["count"], incidents.len());
    let first = incidents[0];
    let of_incident = rig.get(&format!("/api/v2/tickets/{first}/incidents")).await;
    assert_eq!(of_incident.json()["count"], 0);
    rig.call(reqwest::Method::DELETE, &format!("/api/v2/tickets/{first}"))
        .await;
    let fewer = rig
        .get(&format!("/api/v2/tickets/{problem}/incidents"))
        .await;
    assert!(!fewer.ids("tickets").contains(&first));
    assert_eq!(
        rig.get("/api/v2/tickets/999999/incidents").await.status,
        404
    );
}

#[tokio::test]
async fn organizations_have_no_fields_of_their_own() {
    let rig = Rig::start(config()).await;
    let list = rig.get("/api/v2/organization_fields.json").await.json();
    assert_eq!(
        (&list["count"], &list["organization_fields"]),
        (&0.into(), &serde_json::json!([]))
    );
    assert_eq!(list["next_page"], serde_json::Value::Null);
}

#[tokio::test]
async fn offsets_beyond_ten_thousand_records_are_refused() {
    let rig = Rig::start(config()).await;
    assert_eq!(
        rig.get("/api/v2/users?page=100&per_page=100").await.status,
        200
    );
    let refused = rig.get("/api/v2/users?page=101&per_page=100").await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.json()["errors"][0]["code"],
        "InvalidPaginationDepth"
    );
}

#[tokio::test]
async fn a_cursor_list_is_walked_to_its_end_and_back() {
    let rig = Rig::start(config()).await;
    for name in ["users", "tickets", "organizations", "groups", "user_fields"] {
        let mut url = format!("/api/v2/{name}.json?page%5Bsize%5D=2");
        let (mut ids, mut previous) = (Vec::new(), String::new());
        loop {
            let page = rig.get(&url).await;
            assert_eq!(page.status, 200, "{}", page.text);
            ids.extend(page.ids(name));
            let body = page.json();
            assert!(body["links"]["prev"].is_string() && body["links"]["next"].is_string());
            previous = body["links"]["prev"]
                .as_str()
                .unwrap_or(&previous)
                .to_owned();
            url = body["links"]["next"].as_str().unwrap().to_owned();
            assert!(url.contains("page%5Bafter%5D="));
            if body["meta"]["has_more"] == false {
                break;
            }
        }
        let whole = rig.get(&format!("/api/v2/{name}.json")).await;
        assert_eq!(
            ids.len(),
            whole.json()["count"].as_u64().unwrap() as usize,
            "{name}"
        );
        // Following the last link gives nothing, and null links (recorded).
        let beyond = rig.get(&url).await.json();
        assert_eq!(beyond[name], serde_json::json!([]));
        assert_eq!(beyond["links"]["next"], serde_json::Value::Null);
        assert_eq!(beyond["meta"]["after_cursor"], serde_json::Value::Null);
        let back = rig.get(&previous).await;
        let last = ids.len() - (if ids.len() % 2 == 0 { 2 } else { 1 });
        assert_eq!(back.ids(name), ids[last.saturating_sub(2)..last], "{name}");
    }
}

#[tokio::test]
async fn both_cursors_at_once_are_refused() {
    let rig = Rig::start(config()).await;
    let refused = rig.get("/api/v2/users?page[after]=a&page[before]=b").await;
    assert_eq!(
        (refused.status, refused.json()["error"].as_str()),
        (400, Some("InvalidPaginationParameter"))
    );
}

#[tokio::test]
async fn tickets_under_a_cursor_are_sorted_by_three_keys_only() {
    let rig = Rig::start(config()).await;
    let page = rig
        .get("/api/v2/tickets?page[size]=50&sort=-updated_at")
        .await;
    let times: Vec<String> = page
        .rows("tickets")
        .iter()
        .map(|row| row["updated_at"].as_str().unwrap().to_owned())
        .collect();
    assert!(times.is_sorted_by(|one, other| one >= other));
    let refused = rig.get("/api/v2/tickets?page[size]=50&sort=subject").await;
    assert_eq!(refused.json()["description"], "sort is not valid");
}

#[tokio::test]
async fn show_many_leaves_out_what_it_does_not_know_and_refuses_more_than_a_hundred() {
    let rig = Rig::start(config()).await;
    let found = rig.get("/api/v2/tickets/show_many?ids=3,1,4711").await;
    // In order of their ids, as recorded, and not as they were asked for.
    assert_eq!(found.ids("tickets"), [1, 3]);
    assert_eq!(found.json()["count"], 2);
    let ids: Vec<String> = (1..=101).map(|id: i64| id.to_string()).collect();
    let refused = rig
        .get(&format!(
            "/api/v2/users/show_many.json?ids={}",
            ids.join(",")
        ))
        .await;
    assert_eq!(
        (refused.status, refused.json()["max_count"].as_i64()),
        (400, Some(100))
    );
}

#[tokio::test]
async fn users_are_found_by_external_id_and_by_text() {
    let rig = Rig::start(config()).await;
    let me = rig
        .get("/api/v2/users/search?query=AGENT@example.com")
        .await;
    assert_eq!(me.json()["count"], 1);
    let (id, external_id) = rig.simulator.read(|account| {
        let user = account
            .users()
            .find(|user| user.external_id.is_some())
            .unwrap();
        (user.id, user.external_id.clone().unwrap())
    });
    let found = rig
        .get(&format!(
            "/api/v2/users/search.json?external_id={external_id}"
        ))
        .await;
    assert_eq!(found.ids("users"), [id]);
    let agents = rig.get("/api/v2/users?role[]=agent&role[]=admin").await;
    assert_eq!(agents.ids("users").len(), 3);
}

#[tokio::test]
async fn comments_come_oldest_first_and_begin_with_the_description() {
    let rig = Rig::start(Config {
        comments_per_ticket: 4,
        ..config()
    })
    .await;
    let comments = rig.get("/api/v2/tickets/5/comments.json").await;
    assert_eq!(comments.ids("comments").len(), 4);
    let ticket = rig.get("/api/v2/tickets/5.json").await.json();
    assert_eq!(
        comments.rows("comments")[0]["body"],
        ticket["ticket"]["description"]
    );
    let audits = rig.get("/api/v2/tickets/5/audits.json").await;
    let first = &audits.rows("audits")[0];
    assert_eq!(first["events"][0]["id"], comments.rows("comments")[0]["id"]);
    assert_eq!(comments.rows("comments")[0]["audit_id"], first["id"]);
    let requester = first["events"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["field_name"] == "requester_id")
        .unwrap();
    assert_eq!(
        requester["value"],
        ticket["ticket"]["requester_id"].to_string()
    );
}

#[tokio::test]
async fn groups_are_in_order_of_their_names_whatever_their_capitals() {
    let rig = Rig::start(empty()).await;
    rig.simulator.edit(|account| {
        account.clear();
        let mara = simulator::NewUser::agent("Mara", "agent@example.com");
        account.add_user(mara).unwrap();
        for (id, name) in [
            (1, "b"),
            (2, "\u{1f3af}Support"),
            (3, "\u{1f3af}on"),
            (4, "A"),
        ] {
            account.place_group(simulator::Group {
                id,
                name: name.to_owned(),
                description: String::new(),
                default: false,
                created_at: 0,
                updated_at: 0,
            });
        }
    });
    let all = rig.get("/api/v2/groups?page[size]=100").await;
    assert_eq!(all.ids("groups"), [4, 1, 3, 2]);
    // A cursor that holds such a name leads on.
    let page = rig.get("/api/v2/groups?page[size]=3").await.json();
    let next = page["links"]["next"].as_str().unwrap().to_owned();
    assert_eq!(rig.get(&next).await.ids("groups"), [2]);
}

#[tokio::test]
async fn tickets_listed_by_cursor_do_not_repeat_their_custom_fields() {
    let rig = Rig::start(config()).await;
    let row = |reply: crate::rig::Reply| reply.rows("tickets").remove(0);
    let by_offset = row(rig.get("/api/v2/tickets?per_page=1").await);
    assert_eq!(by_offset["fields"], by_offset["custom_fields"]);
    let by_cursor = row(rig.get("/api/v2/tickets?page[size]=1").await);
    assert!(by_cursor.get("fields").is_none() && by_cursor["custom_fields"].is_array());
}

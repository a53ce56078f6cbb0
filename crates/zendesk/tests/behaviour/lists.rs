//! Lists: pages, cursors, many ids, what is missing, and finding a user by email.

use zendesk::{Error, Fix, Position, When};

use crate::served::{Answer, Asked, Served, client_of};

#[tokio::test]
async fn the_cursor_is_kept_at_the_end_even_where_the_answer_names_none() {
    let page = r#"{"users":[],"after_cursor":null,"end_of_stream":true}"#;
    let served = Served::start([Answer::json(200, page)]).await;
    let cursor = Position::Cursor("abc=".into());
    let read = client_of(&served)
        .incremental_users(&cursor, 1000)
        .await
        .unwrap();
    assert_eq!(read.next, Some(cursor));
    assert!(read.end_of_stream);
}

#[tokio::test]
async fn many_ids_are_asked_for_a_hundred_at_a_time() {
    let served = Served::by(|asked: &Asked| {
        let (_, ids) = asked.path.split_once("ids=").unwrap();
        let users: Vec<String> = ids
            .split("%2C")
            .map(|id| format!(r#"{{"id":{id}}}"#))
            .collect();
        Answer::json(200, format!(r#"{{"users":[{}]}}"#, users.join(",")))
    })
    .await;
    let ids: Vec<i64> = (1..=250).collect();
    let read = client_of(&served).users_show_many(&ids).await.unwrap();
    let read: Vec<i64> = read.iter().map(|record| record.id.unwrap()).collect();
    assert_eq!(read, ids);
    assert_eq!(served.asked().len(), 3);
}

#[tokio::test]
async fn cursor_lists_end_on_has_more_though_the_last_page_still_names_a_next_one() {
    let served = Served::by(|asked: &Asked| {
        let more = !asked.path.contains("after");
        let id = if more { 1 } else { 2 };
        Answer::json(
            200,
            format!(
                r#"{{"comments":[{{"id":{id},"body":"b","public":true}}],
                "meta":{{"has_more":{more},"after_cursor":"c{id}","before_cursor":"x"}},
                "links":{{"prev":"p","next":"https://elsewhere.example/n"}}}}"#
            ),
        )
    })
    .await;
    let read = client_of(&served).comments(5).await.unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(
        served.paths(),
        [
            "/api/v2/tickets/5/comments?page%5Bsize%5D=100",
            "/api/v2/tickets/5/comments?page%5Bsize%5D=100&page%5Bafter%5D=c1",
        ]
    );
}

#[tokio::test]
async fn offset_lists_are_followed_by_page_number_and_never_by_their_links() {
    let served = Served::by(|asked: &Asked| {
        let last = asked.path.contains("page=2");
        let next = if last {
            "null"
        } else {
            r#""https://elsewhere.example/groups?page=2""#
        };
        let id = if last { 2 } else { 1 };
        Answer::json(
            200,
            format!(r#"{{"groups":[{{"id":{id},"name":"g"}}],"next_page":{next},"count":2}}"#),
        )
    })
    .await;
    let read = client_of(&served).groups().await.unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(served.paths()[1], "/api/v2/groups?per_page=100&page=2");
}

#[tokio::test]
async fn a_list_whose_cursor_stands_still_is_an_error() {
    let page = r#"{"groups":[{"id":1,"name":"g"}],"meta":{"has_more":true,"after_cursor":"same"}}"#;
    let served = Served::start([Answer::json(200, page)]).await;
    let error = client_of(&served).groups().await.unwrap_err();
    assert!(matches!(error, Error::Endless { .. }), "{error:?}");
    assert_eq!(served.asked().len(), 2);
}

#[tokio::test]
async fn an_unknown_account_is_an_error_and_a_missing_ticket_is_none() {
    let missing = r#"{"error":"RecordNotFound","description":"Not found"}"#;
    let served = Served::start([Answer::json(404, missing)]).await;
    assert!(client_of(&served).ticket(1).await.unwrap().is_none());
    for answer in [
        Answer::html(404),
        Answer::json(404, "{}"),
        Answer::json(404, ""),
        Answer::json(
            404,
            r#"{"error":"InvalidEndpoint","description":"Not found"}"#,
        ),
    ] {
        let served = Served::start([answer]).await;
        let error = client_of(&served).ticket(1).await.unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
        assert_eq!(error.when(), When::AfterFix(Fix::Address));
    }
}

#[tokio::test]
async fn a_user_is_found_by_the_whole_email_and_not_by_a_part_of_it() {
    let found = r#"{"users":[{"id":1,"name":"a","email":"Ada@Example.com","active":true},
        {"id":2,"name":"b","email":"ada@example.com.test","active":true},{"id":3,"name":"c","email":null,"active":true}]}"#;
    let served = Served::start([Answer::json(200, found)]).await;
    let users = client_of(&served)
        .users_with_email(" ada@example.COM ")
        .await
        .unwrap();
    let ids: Vec<Option<i64>> = users.iter().map(|record| record.id).collect();
    assert_eq!(ids, [Some(1)]);
    assert_eq!(
        served.asked()[0].path,
        "/api/v2/users/search?query=ada%40example.com"
    );
}

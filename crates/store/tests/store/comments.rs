//! Which comments of a case Zendesk has not got.

use store::comments::{self, MirroredComment};

use crate::database::on_both;
use crate::samples::{at, case_comment, ticket_comment};

#[tokio::test]
async fn comments_that_zendesk_has_not_got_are_told_in_order() {
    on_both(async |database| {
        let mut tx = database.tx().await;
        let all = [4, 2, 3, 1].map(|n| case_comment(n, "case1"));
        comments::put(&mut tx, &all, at(0)).await.unwrap();
        comments::put(&mut tx, &[case_comment(5, "case2")], at(0))
            .await
            .unwrap();
        let there = ticket_comment(70, 7);
        let mirrored = MirroredComment {
            comment: &there,
            case_comment_id: Some("comment000003"),
            content: 1,
            raw: "{}",
        };
        comments::mirror(&mut tx, "main", &[mirrored])
            .await
            .unwrap();
        let made = [(70, "op1".to_owned()), (404, "op2".to_owned())];
        comments::note_operations(&mut tx, "main", &made)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut reader = database.reader().await;
        let unmapped = comments::unmapped(&mut reader, "case1").await.unwrap();
        let expected = [1, 2, 4].map(|n| case_comment(n, "case1"));
        assert_eq!(unmapped, expected);
        let cases = ["case1", "case2", "case3"].map(str::to_owned);
        let mut of = comments::unmapped_of(&mut reader, &cases).await.unwrap();
        assert_eq!(of.len(), 2);
        let mut of_first = of.remove("case1").unwrap();
        of_first.sort();
        let known = |n: i64| (case_comment(n, "").id, n == 1);
        assert_eq!(of_first, [known(1), known(2), known(4)]);
        let whole = comments::of_case(&mut reader, "case1", 0, 100)
            .await
            .unwrap();
        let remotes: Vec<_> = whole.iter().map(|row| row.remote_id).collect();
        assert_eq!(remotes, [None, None, Some(70), None]);
        drop(reader);
        assert_eq!(
            database.texts("SELECT op_id FROM zendesk_comment").await,
            ["op1"]
        );
    })
    .await;
}

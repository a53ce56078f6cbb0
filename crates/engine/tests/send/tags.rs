//! Tags of users: which are ours, and which are not.

use simulator::NewUser;

use crate::*;

/// A customer in Zendesk with a tag of somebody else; returns the user's id.
fn kim(world: &World) -> i64 {
    world.zendesk().edit(|account| {
        let mut new = NewUser::end_user("Kim", "kim@customer.example");
        new.external_id = Some("1".to_owned());
        new.tags = vec!["theirs".to_owned()];
        account.add_user(new).unwrap()
    })
}

/// The tags that a user has now.
fn tags_of(world: &World, id: i64) -> Vec<String> {
    world.zendesk().read(|account| {
        let user = account.user(id).unwrap();
        let mut tags: Vec<String> = user.tags.iter().map(ToString::to_string).collect();
        tags.sort();
        tags
    })
}

fn csv(tags: &str) -> String {
    format!("external_id,name,tags\n1,Kim,{tags}\n")
}

#[tokio::test]
async fn tags_that_others_set_are_kept_and_ours_go_when_we_stop_sending_them() {
    quiet()
        .each(async |world| {
            let kim = kim(world);
            let sent = send(world, &csv("gold news")).await;
            assert_eq!(rows(&sent).updated, 1, "{:?}", sent.sentence);
            assert_eq!(tags_of(world, kim), ["gold", "news", "theirs"]);
            send(world, &csv("silver")).await;
            assert_eq!(tags_of(world, kim), ["silver", "theirs"]);
        })
        .await;
}

#[tokio::test]
async fn a_send_that_says_nothing_about_tags_leaves_ours_ours() {
    quiet()
        .each(async |world| {
            let kim = kim(world);
            send(world, &csv("gold")).await;
            // Neither a file without the column nor an empty cell says anything about tags.
            for silent in ["external_id,name\n1,Kim Lee\n", &csv("")] {
                let sent = send(world, silent).await;
                assert_eq!(rows(&sent).updated, 1, "{:?}", sent.sentence);
                assert_eq!(tags_of(world, kim), ["gold", "theirs"]);
            }
            send(world, &csv("silver")).await;
            assert_eq!(tags_of(world, kim), ["silver", "theirs"]);
        })
        .await;
}

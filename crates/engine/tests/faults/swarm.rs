//! Many things going wrong at once, in an order drawn from a seed: however many runs it takes, the end
//! is the undisturbed one (reliability.md T7). A failing seed can be run alone: it is in the message.

use simulator::NewComment;
use store::runs::RunState;
use world::World;

use crate::{another_database, assert_same, hurt, small, undisturbed};

/// Draws from a seed; any numbers will do, as long as they are the same each time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn fault(&mut self) -> String {
        let kind = self.one(&[
            "status=500",
            "status=503:retry-after=9",
            "status=401",
            "status=404",
            "too-many",
            "too-many:form=text:retry-after=20",
            "reset-before",
            "reset-after",
            "truncate",
            "invalid-json",
            "html",
            "wrong-shape",
            "duplicate-rows",
            "shuffle-rows",
            "repeat-page",
            "refuse-cursor=400",
            "refuse-cursor=422",
        ]);
        let route = self.one(&[
            "incremental/users/cursor",
            "incremental/tickets/cursor",
            "incremental/tickets/cursor",
            "incremental/ticket_events",
            "users/show_many",
            "ticket_fields",
            "*",
        ]);
        let (after, times) = (self.below(4), 1 + self.below(6));
        format!("{kind}:route={route}:after={after}:times={times}")
    }
}

const SEEDS: u64 = 12;

#[tokio::test]
async fn whatever_goes_wrong_in_whatever_order_the_end_is_the_undisturbed_one() {
    World::builder()
        .tickets(0)
        .users(3)
        .inactive()
        .each(async |like| {
            let expected = undisturbed(&small(), like).await;
            let mut database = another_database(like).await;
            for seed in 1..=SEEDS {
                let mut draw = Draw(seed);
                let mut world = small().make(database).await;
                let mut story = Vec::new();
                for _ in 0..1 + draw.below(5) {
                    let fault = draw.fault();
                    hurt(&world, &fault);
                    story.push(fault);
                }
                let mut completed = false;
                // Each fault spoils a few requests, so a few runs are enough.
                for _ in 0..25 {
                    let step = 1 + draw.below(60);
                    match world.sync_until_step(step).await {
                        Ok(run) if run.state == RunState::Completed => {
                            completed = true;
                            break;
                        }
                        Ok(_) => world.forget_steps(),
                        Err(_) => world.restart().await,
                    }
                    world.pass_minutes(1);
                }
                assert!(completed, "seed {seed}: {story:?}");
                world.forget_steps();
                world.zendesk().clear_faults();
                world.pass_minutes(10);
                world.sync_well().await;
                println!("seed {seed}: {story:?}");
                assert_same(&expected, &world.dump().await);
                database = world.leave().await;
            }
            database.remove().await;
        })
        .await;
}

#[tokio::test]
async fn what_changes_while_it_is_being_read_is_read_as_it_is_in_the_end() {
    small()
        .each(async |world| {
            // Between the pages of tickets, and again between those and the comments.
            for step in [9, 17] {
                let crashed = world.sync_until_step(step).await;
                assert!(crashed.is_err());
                world.zendesk().edit(|account| {
                    for ticket in [1, 10, 20] {
                        let comment = NewComment::public(format!("At step {step}."));
                        account.add_comment(ticket, comment).unwrap();
                    }
                });
                world.pass_minutes(2);
                world.restart().await;
            }
            world.sync_well().await;
            for ticket in 1..=20 {
                let comments = world.comments_of(ticket).await;
                let expected = world
                    .zendesk()
                    .read(|account| account.comments_of(ticket).count());
                assert_eq!(comments.len(), expected, "{ticket}");
            }
        })
        .await;
}

#[tokio::test]
async fn a_ticket_that_goes_away_between_its_event_and_its_list_is_no_trouble() {
    small()
        .each(async |world| {
            world.sync_well().await;
            let comments = world.comments_of(7).await;
            world.zendesk().edit(|account| {
                let second = comments[1].remote_id.unwrap();
                account.redact_comment(second, None).unwrap();
                account.delete_ticket(7).unwrap();
            });
            world.pass_minutes(2);
            let run = world.sync_well().await;
            assert_eq!(run.problem, None);
            assert_eq!(world.comments_of(7).await.len(), 2);
        })
        .await;
}

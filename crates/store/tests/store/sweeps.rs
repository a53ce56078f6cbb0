//! How far a sweep has come.

use store::Error;
use store::sweeps::{self, Round, SweepState};

use crate::database::on_both;
use crate::samples::{at, integration};

#[tokio::test]
async fn a_sweep_goes_on_where_it_was() {
    on_both(async |database| {
        let main = integration(database, "main").await.id;
        let load = async || sweeps::load(&mut *database.reader().await, &main).await;
        assert_eq!(load().await.unwrap(), SweepState::default());
        let last = Round {
            began_at: Some(at(1)),
            ended_at: Some(at(2)),
            verified: 300,
            differences: [("fields".to_owned(), 2), ("comments".to_owned(), 1)].into(),
        };
        let mut state = SweepState {
            round: Round {
                began_at: Some(at(3)),
                ..Round::default()
            },
            last: Some(last),
            position: Some("opaque\0".to_owned()),
        };
        for verified in [0, 7] {
            state.round.verified = verified;
            let mut tx = database.tx().await;
            sweeps::store(&mut tx, &main, &state, at(9)).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(load().await.unwrap(), state);
        }
        // What a later version adds is not in the way.
        database
            .execute("UPDATE sweep SET state = '{\"round\":{\"verified\":8,\"new\":1}}'")
            .await;
        assert_eq!(load().await.unwrap().round.verified, 8);
        database
            .execute("UPDATE sweep SET state = 'nonsense'")
            .await;
        assert!(matches!(load().await, Err(Error::Damaged(_))));
    })
    .await;
}

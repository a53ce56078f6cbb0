//! Clients that other people wrote, run against the simulator.

use fidelity::clients;
use fidelity::stage::Stages;

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_others_read_what_the_simulator_holds() {
    let table = clients::run(&Stages::default()).await;
    println!("{table}");
    assert!(table.is_well(), "{table}");
}

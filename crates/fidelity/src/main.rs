//! `fidelity`: holds the simulator to the real Zendesk; `cargo xtask fidelity` calls it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program: standard output and error are where it speaks"
)]

use std::process::ExitCode;

use fidelity::{clients, recordings};
use fidelity::stage::Stages;
use fidelity::table::Table;

const USAGE: &str = "\
Usage: cargo xtask fidelity [PART]

  recordings  every recorded exchange, sent to the simulator
  openapi     what the simulator answers and the product sends, held to Zendesk's document
  clients     clients of others, pointed at the simulator
  all         these three (the default)";

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let stages = Stages;
    let tables: Vec<Table> = match words.as_slice() {
        ["clients"] => vec![clients::run(&stages).await],
        ["recordings"] => vec![recordings::run(&stages).await],
        ["openapi"] => vec![Table::skipped("openapi", "is not written yet")],
        [] | ["all"] => vec![recordings::run(&stages).await, clients::run(&stages).await],
        ["--help" | "-h" | "help"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("error: there is no part `{}`\n\n{USAGE}", words.join(" "));
            return ExitCode::from(2);
        }
    };
    for table in &tables {
        println!("{table}");
    }
    if tables.iter().all(Table::is_well) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

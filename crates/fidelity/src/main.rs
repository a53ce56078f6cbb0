//! `fidelity`: holds the simulator to the real Zendesk; `cargo xtask fidelity` calls it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line program: standard output and error are where it speaks"
)]

use std::path::Path;
use std::process::ExitCode;

use fidelity::stage::Stages;
use fidelity::table::Table;
use fidelity::{clients, openapi, planted, recordings};

const USAGE: &str = "\
Usage: fidelity PART

  recordings                every recorded exchange, sent to the simulator
  openapi FOLDER [--whole]  what the simulator answered and the product sent, as written down in
                            FOLDER, held to Zendesk's document; --whole: a whole run of the tests
                            is there, so that every reviewed mistake must be shown by something
  clients                   clients of others, pointed at the simulator
  planted                   wrong answers on ten routes: is each noticed?
  all FOLDER                all of these
  positions                 what the simulator's switches can be other than by default";

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let stages = Stages::default();
    let tables: Vec<Table> = match words.as_slice() {
        ["recordings"] => vec![recordings::run(&stages).await],
        ["openapi", folder] => vec![openapi::run(Path::new(folder), false)],
        ["openapi", folder, "--whole"] => vec![openapi::run(Path::new(folder), true)],
        ["clients"] => vec![clients::run(&stages).await],
        ["planted"] => vec![planted::run().await],
        ["all", folder] => vec![
            recordings::run(&stages).await,
            planted::run().await,
            clients::run(&stages).await,
            // Last, so that what the others were answered is in it.
            openapi::run(Path::new(folder), false),
        ],
        ["positions"] => {
            for position in simulator::Switches::positions() {
                println!("{position}");
            }
            return ExitCode::SUCCESS;
        }
        ["--help" | "-h" | "help"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("error: no such part: `{}`\n\n{USAGE}", words.join(" "));
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

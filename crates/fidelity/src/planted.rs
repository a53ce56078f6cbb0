//! Whether planted wrong answers are noticed, each by at least one part.

use crate::evidence;
use crate::openapi::judge::Judge;
use crate::plant::PLANTS;
use crate::recordings;
use crate::stage::Stages;
use crate::table::Table;

/// Plants each wrong answer, and runs the recordings of its route and the check against the document.
pub async fn run() -> Table {
    let Some(folder) = evidence::folder() else {
        return Table::skipped("planted", evidence::MISSING);
    };
    let mut table = Table::new(
        "planted",
        &["route", "what is wrong", "recordings", "openapi"],
    );
    let mut judge = match Judge::new(&folder) {
        Ok(judge) => judge,
        Err(why) => {
            table.problem(why);
            return table;
        }
    };
    for plant in PLANTS {
        let route = format!("{} {}", plant.method, plant.pattern);
        let honest = recordings::run_route(&Stages::default(), Some(&route)).await;
        let stages = Stages::with(plant);
        let altered = recordings::run_route(&stages, Some(&route)).await;
        let by_recordings = honest.is_well() && !altered.is_well();
        let mut by_document = 0;
        for exchange in stages.seen() {
            let found = judge.check(&exchange);
            by_document += found
                .iter()
                .filter(|one| judge.excuse(one).is_none())
                .count();
        }
        let said = |caught: bool| if caught { "caught" } else { "-" };
        table.row([
            route.as_str(),
            plant.what,
            said(by_recordings),
            said(by_document > 0),
        ]);
        if !honest.is_well() {
            table.problem(format!(
                "{route}: the honest answers are not well either, so nothing is shown"
            ));
        }
        if !by_recordings && by_document == 0 {
            table.problem(format!("{route}: nobody noticed that {}", plant.what));
        }
    }
    table
}

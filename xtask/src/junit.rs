//! What passing tests said, read from the report that cargo-nextest writes.
//!
//! A test that lacks something outside the clone prints one line `skipped: …` and passes. The
//! runner shows nothing of a passing test, so without this such tests would count as run.

use std::collections::BTreeMap;

/// The skipped tests: how many for each reason.
pub(crate) fn count_skipped(report: &str) -> BTreeMap<String, usize> {
    let mut reasons = BTreeMap::new();
    for test in report.split("<testcase ").skip(1) {
        let line = test.split(['<', '>', '\n']).find_map(|piece| {
            // The harness may have begun the line with the name of the test.
            let said = match piece.trim().strip_prefix("test ") {
                Some(rest) => rest.split_once(" ... ").map_or(rest, |(_, said)| said),
                None => piece.trim(),
            };
            said.strip_prefix("skipped: ")
        });
        if let Some(line) = line {
            *reasons.entry(read_reason(line)).or_default() += 1;
        }
    }
    reasons
}

/// How the run came out, as `N passed, N failed, N skipped`; none if the report says nothing of it.
pub(crate) fn totals(report: &str) -> Option<String> {
    let head = report.split_once("<testsuites ")?.1.split_once('>')?.0;
    let number = |name: &str| -> Option<usize> {
        let value = head.split_once(&format!(" {name}=\""))?.1;
        value.split_once('"')?.0.parse().ok()
    };
    let failed = number("failures")? + number("errors")?;
    let skipped: usize = count_skipped(report).values().sum();
    let passed = number("tests")?.checked_sub(failed + skipped)?;
    Some(format!(
        "{passed} passed, {failed} failed, {skipped} skipped"
    ))
}

/// The part from "needs" on: what comes before is the test's own name.
fn read_reason(line: &str) -> String {
    let reason = line.find("needs ").map_or(line, |at| &line[at..]);
    let plain = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(reason.to_owned(), |text, (escaped, plain)| {
        text.replace(escaped, plain)
    });
    plain.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_skipped_are_counted_once_each_by_reason() {
        let report = r#"<testsuite><testcase name="a" time="0.1">
<system-out>
running 1 test
skipped: a needs ../shared
skipped: a needs ../shared
</system-out></testcase>
<testcase name="b"><system-out>skipped: b needs ../shared</system-out></testcase>
<testcase name="c"><system-err>skipped: c needs a browser &amp; its driver.</system-err></testcase>
<testcase name="d"><system-out>nothing was skipped: all is well</system-out></testcase>
<testcase name="e"/>
<testcase name="f"><system-out>
test f ... skipped: f needs ../shared
ok</system-out></testcase></testsuite>"#;
        let counted = count_skipped(report);
        assert_eq!(counted.get("needs ../shared"), Some(&3));
        assert_eq!(counted.get("needs a browser & its driver"), Some(&1));
        assert_eq!(counted.len(), 2);
    }

    #[test]
    fn a_report_is_told_in_one_line_and_a_skipped_test_is_no_passed_one() {
        let report = r#"<testsuites name="nextest-run" tests="4" skipped="0" failures="1" errors="0" time="3">
<testcase name="a"><system-out>skipped: a needs ../shared</system-out></testcase>"#;
        assert_eq!(totals(report).unwrap(), "2 passed, 1 failed, 1 skipped");
        assert_eq!(totals("no report"), None);
    }
}

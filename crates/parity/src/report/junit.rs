//! JUnit XML, which continuous integration services read.

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::Entry;
use crate::verdict::Verdict;

/// A test suite for each pair: a test that the calls are the same, one that the output is, and one for
/// each file that both wrote.
///
/// # Errors
/// Where the XML cannot be written.
pub fn junit(entries: &[Entry<'_>]) -> Result<String, SerializeError> {
    let mut report = Report::new("parity");
    report.add_test_suites(entries.iter().map(suite));
    report.to_string()
}

fn suite(entry: &Entry<'_>) -> TestSuite {
    let mut suite = TestSuite::new(entry.name.as_str());
    let differ = entry.comparison.is_some_and(|comparison| comparison.differ());
    let calls = match (entry.verdict, differ) {
        // What is printed or written differs, which is a test of its own.
        (Verdict::Different, false) => Verdict::Identical,
        (verdict, _) => verdict,
    };
    let status = match calls {
        _ if entry.accepted => TestCaseStatus::success(),
        Verdict::Identical => TestCaseStatus::success(),
        Verdict::Different => failure(NonSuccessKind::Failure, calls, &entry.text),
        Verdict::FailedAlike | Verdict::NotComparable => {
            failure(NonSuccessKind::Error, calls, &entry.text)
        }
    };
    let mut tests = vec![TestCase::new("computing calls", status)];
    if let Some(printed) = entry.output() {
        let status = match printed.identical || entry.accepted {
            true => TestCaseStatus::success(),
            false => failure(NonSuccessKind::Failure, Verdict::Different, &entry.text),
        };
        tests.push(TestCase::new("standard output", status));
    }
    for file in entry.comparison.iter().flat_map(|comparison| &comparison.files) {
        let status = match !file.differs() || entry.accepted {
            true => TestCaseStatus::success(),
            false => failure(NonSuccessKind::Failure, Verdict::Different, &entry.text),
        };
        tests.push(TestCase::new(format!("file {}", file.name), status));
    }
    for test in &mut tests {
        test.set_classname(entry.name.as_str());
    }
    suite.add_test_cases(tests);
    suite
}

fn failure(kind: NonSuccessKind, verdict: Verdict, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(verdict.words()).set_description(text);
    status
}

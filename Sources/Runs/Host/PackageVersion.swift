import CBuild
import Evidence

/// The package's version, as results files record it.
package enum PackageVersion {
  /// Major, minor and patch.
  package static let current = "0.1.0"

  /// The commit that this was built from, with a + where files differed from it; nil where it was built outside of a repository.
  package static var commit: String? {
    let commit = String(cString: cb_commit())
    return commit.isEmpty ? nil : commit
  }

  /// What `--version` prints: version, commit, and the processor instructions that evaluate here.
  package static var line: String {
    "\(current) (\(commit.map { "commit \($0)" } ?? "commit not known"), \(InstructionSet.best.description))"
  }

  /// As a citation has it.
  static var cited: String { "Evidence \(line)" }
}

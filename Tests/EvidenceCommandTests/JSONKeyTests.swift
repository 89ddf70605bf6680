import Foundation
import JSON
import TestSupport
import Testing

@testable import EvidenceCommand

/// Every key that a command prints stands in docs/json.md: in the section of the command, or in that of all.
@Suite struct JSONKeyTests {
  static let digits = ["digits-iwae-2l.h5", "digits-test.h5", "--examples", "..4", "--samples", "20"]

  /// Command lines by the section of their keys. They run in order, in one folder.
  static let lines: [(section: String, arguments: [String])] = [
    ("nll", ["nll"] + digits + ["--replicates", "2", "--output", "a.h5"]),
    ("nll", ["nll"] + digits + ["--estimator", "ladder", "--temperatures", "3", "--chains", "4"]),
    ("nll", ["nll"] + digits + ["--estimator", "laplace", "--output", "b.h5"]),
    ("nll", ["nll", "digits-iwae-2l.h5"] + digits),
    ("units", ["units"] + digits + ["--ablate", "--sweep-examples", "2", "--labels", "labels", "--probes", "2"]),
    (
      "check",
      ["check"] + digits.prefix(2) + [
        "--simulated", "2", "--samples", "20", "--estimator", "annealed", "--temperatures", "3", "--chains", "4",
      ]
    ),
    ("compare", ["compare", "a.h5", "b.h5"]),
    ("compare", ["compare", "a.h5", "b.h5", "a.h5"]),
    (
      "train",
      [
        "train", "digits-test.h5", "--like", "digits-iwae-2l.h5", "--epochs", "1", "--validation",
        "590..599", "-o", "trained.h5",
      ]
    ),
    ("inspect", ["inspect", "digits-iwae-2l.h5"]), ("inspect", ["inspect", "digits-test.h5"]),
    ("inspect", ["inspect", "a.h5"]),
    ("import", ["import", "keras", "keras3-nested.keras", "-o", "nested.h5"]),
    ("estimators", ["estimators"]),
  ]

  static func keys(_ value: JSONValue) -> Set<String> {
    switch value {
    case .object(let members): members.reduce(into: []) { $0.formUnion(keys($1.value).union([$1.key])) }
    case .array(let values): values.reduce(into: []) { $0.formUnion(keys($1)) }
    default: []
    }
  }

  /// The words in code of each section.
  static func sections() throws -> [String: Set<String>] {
    let page = try String(contentsOfFile: Repository.path("docs/json.md"), encoding: .utf8)
    var result: [String: Set<String>] = [:]
    for section in page.components(separatedBy: "\n## ").dropFirst() {
      let name = section.prefix { $0 != "\n" }
      result[String(name)] = Set(section.matches(of: /`([A-Za-z0-9]+)`/).map { String($0.1) })
    }
    return result
  }

  @Test func everyKeyIsOnThePage() throws {
    let sections = try Self.sections()
    let common = try #require(sections["Every command"])
    try withTemporaryDirectory { directory in
      for path in [
        Repository.digitsModel, Repository.digits,
        Repository.path("Tests/KerasImportTests/Fixtures/keras3-nested.keras"),
      ] {
        try FileManager.default.copyItem(atPath: path, toPath: "\(directory)/\(URL(filePath: path).lastPathComponent)")
      }
      for (name, arguments) in Self.lines {
        let run = try Executable.evidence.run(arguments + ["--format", "json", "--quiet"], in: directory)
        #expect(run.status == 0, "\(arguments): \(run.error)")
        let keys = try Self.keys(JSONParser.parse([UInt8](run.output.utf8)))
        let known = try #require(sections[name]).union(common)
          .union(name == "import" ? #require(sections["inspect"]) : [])
        #expect(!keys.isEmpty && keys.subtracting(known).isEmpty, "\(name): \(keys.subtracting(known).sorted())")
      }
    }
  }
}

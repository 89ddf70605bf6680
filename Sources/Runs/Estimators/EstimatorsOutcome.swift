package import JSON
import Wording

/// The estimators that there are, a line each.
package struct EstimatorsOutcome: RunOutcome {
  package init() {}

  package var warnings: [RunWarning] { [] }

  package func json(in words: any RunWords) -> JSONValue {
    let entries = EstimatorCatalog.all.map { entry -> JSONValue in
      ["name": .string(entry.name), "summary": .string(entry.summary)]
    }
    return ["command": "estimators", "estimators": .array(entries)]
  }

  package func text(in words: any RunWords) -> String {
    var table = TextTable([.left, .left], indentation: "")
    for entry in EstimatorCatalog.all { table.add([entry.name, entry.summary]) }
    return table.lines.joined(separator: "\n")
  }
}

import ArgumentParser
import JSON
import Runs
import Wording

/// `evidence estimators`: a line for each.
struct EstimatorsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimators", abstract: "List the estimators that nll takes, a line each.")

  @OptionGroup var output: OutputOptions

  func run() throws {
    output.start()
    try output.print(json: Self.json, text: Self.text)
  }

  static var text: String {
    var table = TextTable([.left, .left], indentation: "")
    for entry in EstimatorCatalog.all { table.add([entry.name, entry.summary]) }
    return table.lines.joined(separator: "\n")
  }

  static var json: JSONValue {
    let entries = EstimatorCatalog.all.map { entry -> JSONValue in
      ["name": .string(entry.name), "summary": .string(entry.summary)]
    }
    return ["command": "estimators", "estimators": .array(entries)]
  }
}

import ArgumentParser
import Runs

/// What is printed, where that may be a table.
struct TableOptions: ParsableArguments {
  /// For people, for programs, or for a spreadsheet, a paper, a page of notes.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, csv, latex, markdown

    /// The table; nil for what is no table alone.
    var table: TableFormat? { TableFormat(rawValue: rawValue) }
  }

  @Option(
    help: ArgumentHelp(
      "What is printed on standard output: text, json, or the table alone as csv, latex or markdown.",
      valueName: "format"))
  var format = Format.text

  @OptionGroup var console: ConsoleOptions

  /// Applies the options to standard error and starts to catch signals.
  func start() { console.start() }

  /// Prints an outcome, and its warnings on standard error.
  func print(_ outcome: some TabularOutcome) throws {
    guard let table = format.table else {
      return try OutputOptions.print(outcome, as: format == .json ? .json : .text)
    }
    let words = CommandWords()
    try Console.shared.output(outcome.table(as: table, in: words))
    for warning in outcome.warnings { Console.shared.warn(words.words(warning)) }
  }
}

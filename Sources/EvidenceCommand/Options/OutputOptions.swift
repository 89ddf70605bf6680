import ArgumentParser
import JSON
import Runs

/// What is printed. Call `start()` first thing in a command's `run()`.
struct OutputOptions: ParsableArguments {
  /// For people, or for programs.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Option(help: ArgumentHelp("What is printed on standard output: text or json.", valueName: "format"))
  var format = Format.text

  @OptionGroup var console: ConsoleOptions

  /// Applies the options to standard error and starts to catch signals.
  func start() { console.start() }

  /// Prints one or the other on standard output.
  func print(json: @autoclosure () -> JSONValue, text: @autoclosure () -> String) throws {
    try Self.print(json: json(), text: text(), as: format)
  }

  private static func print(
    json: @autoclosure () -> JSONValue, text: @autoclosure () -> String, as format: Format
  ) throws {
    switch format {
    case .json:
      // A front end has both.
      if Console.shared.writesEvents { Console.shared.event(["event": "text", "text": .string(text())]) }
      try Console.shared.output(json().text)
    case .text: try Console.shared.output(text())
    }
  }

  /// Prints an outcome, and its warnings on standard error.
  func print(_ outcome: some RunOutcome) throws { try Self.print(outcome, as: format) }

  /// The same in one of the two forms.
  static func print(_ outcome: some RunOutcome, as format: Format) throws {
    let words = CommandWords()
    try print(json: outcome.json(in: words), text: outcome.text(in: words), as: format)
    for warning in outcome.warnings { Console.shared.warn(words.words(warning)) }
  }
}

import ArgumentParser
import Foundation
import Wording

/// What somebody meant who wrote a command line that can't be read.
enum WrongLine {
  static var commands: [String] { CommandList.subcommands.map { $0._commandName } }

  /// Other tools' words for what the commands do.
  private static let synonyms = [
    "evaluate": "nll", "eval": "nll", "run": "nll", "test": "nll", "likelihood": "nll", "loglikelihood": "nll",
    "estimate": "nll", "info": "inspect", "show": "inspect", "summary": "inspect", "active": "units",
    "latents": "units",
    "diff": "compare", "convert": "import", "generate": "sample", "fit": "train", "example": "demo", "figure": "plot",
  ]

  /// What is wrong with the first word of a line, and what is meant; nil where it is a command. Looked at before the line is
  /// parsed.
  static func firstWord(of arguments: [String]) -> String? {
    guard let first = arguments.first else { return nil }
    if first == "help", arguments.count > 1, !commands.contains(arguments[1]), !arguments[1].hasPrefix("-") {
      return noCommand(arguments[1], rest: nil)
    }
    if ["version", "-version", "-V"].contains(first) { return "no command \(first); the version: evidence --version" }
    guard !first.hasPrefix("-"), first != "help", !commands.contains(first), !first.hasPrefix("generate-") else {
      return nil
    }
    if first.contains("/") || first.contains(".") || FileManager.default.fileExists(atPath: first) {
      return
        "which command? \(first) is a file\nto estimate a log-likelihood: evidence nll \(CommandLineText.joined(arguments))"
    }
    return noCommand(first, rest: Array(arguments.dropFirst()))
  }

  private static func noCommand(_ word: String, rest: [String]?) -> String {
    let meant = synonyms[word.lowercased()] ?? nearest(word, among: commands)
    guard let meant else { return "no command \(word); there are: \(commands.joined(separator: ", "))" }
    let line = CommandLineText.joined(rest.map { [meant] + $0 } ?? ["help", meant])
    return "no command \(word); did you mean: evidence \(line)"
  }

  private static func nearest(_ word: String, among words: [String]) -> String? {
    Spelling.nearest(to: word, among: words) ?? words.first { word.count > 1 && $0.hasPrefix(word.lowercased()) }
  }

  /// What is meant by a value that an option does not take, from the parser's message; nil where nothing is known.
  static func value(in message: String) -> String? {
    guard let match = message.firstMatch(of: #/The value '(.*)' is invalid for '(--?[a-z-]+)/#) else { return nil }
    return meant(String(match.1), option: String(match.2))
  }

  static func meant(_ value: String, option: String) -> String? {
    switch option {
    case "--examples": return examples(value)
    case "--estimator": return estimator(value)
    case "--format":
      return ["tex": "latex", "md": "markdown", "table": "text"][value.lowercased()].map { "\(option) \($0)" }
    case "--binarize":
      return ["random": "bernoulli", "stochastic": "bernoulli", "round": "threshold", "no": "none"][value.lowercased()]
        .map { "\(option) \($0)" }
    case "--figure":
      return ["hist": "histogram", "k": "pareto", "pca": "spectrum"][value.lowercased()].map { "\(option) \($0)" }
    default: return number(value).map { "\(option) \($0)" }
    }
  }

  /// `0-100`, `0:100`, `100`.
  private static func examples(_ value: String) -> String? {
    if let match = value.wholeMatch(of: #/(\d+)\s*(?:-|:|,|…|\.\.\.|\.\.<|to)\s*(\d+)/#), let last = Int(match.2),
      last > 0
    {
      return "--examples \(match.1)..\(last), which takes \(match.1) to \(last - 1)"
    }
    guard let count = Int(value), count >= 0, count < .max else { return nil }
    return "--examples ..\(count) for the first \(count), or --examples \(count)..\(count + 1) for that one"
  }

  private static func estimator(_ value: String) -> String? {
    let others = [
      "is": "importance-sampling", "iwae": "importance-sampling", "iw": "importance-sampling", "ais": "annealed",
      "vi": "elbo", "vae": "elbo", "hais": "annealed",
    ]
    let name = others[value.lowercased()] ?? nearest(value, among: EstimatorName.allValueStrings)
    return name.map { "--estimator \($0)" }
  }

  /// `5k`, `1e4`, `5,000`, `5_000`.
  static func number(_ value: String) -> String? {
    let plain = value.lowercased().filter { !",_ '".contains($0) }
    let factor = plain.hasSuffix("k") ? 1e3 : plain.hasSuffix("m") ? 1e6 : 1
    let digits = factor == 1 ? plain : String(plain.dropLast())
    guard let number = Double(digits), number.isFinite, let whole = Int(exactly: (number * factor).rounded()),
      abs(number * factor - Double(whole)) < 1e-9 * max(1, abs(number * factor)), whole >= 0
    else { return nil }
    return "\(whole)" == value ? nil : "\(whole)"
  }
}

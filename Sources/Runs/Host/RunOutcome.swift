package import Evidence
package import JSON
package import KerasImport

/// What a run has to report.
package protocol RunOutcome {
  /// What the figures should be read with, the gravest first.
  var warnings: [RunWarning] { get }
  /// For programs.
  func json(in words: any RunWords) -> JSONValue
  /// For people, within 80 columns where paths allow.
  func text(in words: any RunWords) -> String
}

/// The words of whoever shows an outcome, for what has to be said in its own terms: options, calls, buttons.
package protocol RunWords: Sendable {
  /// A warning in plain words, with what to do.
  func words(_ warning: RunWarning) -> String
  /// A hint in a few words.
  func words(_ hint: RunHint) -> String
  /// An option of an import.
  func name(of option: KerasOption) -> String
  /// What makes a results file again, such as a command line.
  func reproduction(of settings: ResultsSettings, results: String) -> String
}

/// What an outcome points to besides its warnings.
package enum RunHint: Sendable, Equatable {
  /// How the Monte Carlo error is had even where it can't be trusted.
  case allErrors
  /// How every unit is shown.
  case allUnits
  /// How an unfinished run is gone on with.
  case resume
  /// How the units are had of which a results file holds the posteriors.
  case summarizeUnits(String)
  /// What to run where a verdict isn't enough: what is added to the same run.
  case next(Verdict.NextStep)
  /// What evaluates a few examples under a new model.
  case evaluate(model: String)
}

extension RunWords {
  /// The `warnings` of every outcome's JSON.
  func json(_ warnings: [RunWarning]) -> JSONValue { JSONValue(warnings.map { words($0) }) }
}

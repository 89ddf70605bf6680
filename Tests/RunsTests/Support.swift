import Evidence
import KerasImport
import Runs

/// A host that does nothing.
struct Silent: RunHost {}

/// Words as plain as can be.
struct Plain: RunWords {
  func words(_ warning: RunWarning) -> String { "\(warning)" }
  func words(_ hint: RunHint) -> String { "\(hint)" }
  func name(of option: KerasOption) -> String { option.scriptName }
  func reproduction(of settings: ResultsSettings, results: String) -> String { "\(settings)" }
}

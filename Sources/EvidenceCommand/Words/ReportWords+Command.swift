import Evidence
import Foundation
import Report
import Runs

extension ReportWords {
  /// The command's words: warnings with its options, and the command line that makes a results file again.
  static let command = ReportWords(
    version: PackageVersion.current,
    estimator: { name in
      EstimatorCatalog.all.first { $0.name == name }.map {
        EstimatorFacts(
          symbol: $0.symbol, hasWeights: $0.hasWeights, hasBias: $0.hasBias, isUnbiased: $0.isUnbiased)
      }
    },
    warning: { Warnings.words($0, samples: $1, output: $2) },
    reproduction: { ReproducingCommand.text($0, results: $1) })
}

extension ReportSubject {
  /// Reads a results file, once and in blocks.
  init(_ file: ResultsFile) throws { try self.init(file, words: .command) }
}

extension UnitsFile {
  /// Reads what `evidence units --format json` printed.
  ///
  /// - Throws: `CommandError` where there is no such file; `EvidenceError` where it is something else.
  init(reading path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandError(.noInput, "\(path): no such file")
    }
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw CommandError(.inputOutput, "\(path): the file can't be read")
    }
    do {
      try self.init(bytes, path: path)
    } catch let error as EvidenceError {
      throw CommandError(
        .invalidInput,
        "\(error.message)\nexpected what `evidence units … --format json > UNITS.json` writes")
    }
  }
}

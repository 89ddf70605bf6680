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

extension ReportCommand {
  /// The bytes of a file.
  ///
  /// - Throws: `CommandError` where there is no such file.
  static func bytes(_ path: String) throws -> Data {
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandError(.noInput, "\(path): no such file")
    }
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw CommandError(.inputOutput, "\(path): the file can't be read")
    }
    return bytes
  }

  /// What a command printed with --format json.
  ///
  /// - Throws: `CommandError` where it is something else.
  static func read<File>(
    _ make: (Data, String) throws -> File, _ bytes: Data, _ path: String, _ command: String
  ) throws -> File {
    do {
      return try make(bytes, path)
    } catch let error as EvidenceError {
      throw CommandError(.invalidInput, "\(error.message)\nexpected what `evidence \(command)` writes")
    }
  }
}

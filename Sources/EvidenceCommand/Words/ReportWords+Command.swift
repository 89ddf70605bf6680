import Evidence
import Foundation
import ModelFile
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
    verdict: { summary, settings, seconds in
      let entry = EstimatorCatalog.all.first { $0.name == settings.estimator }
      guard let entry else { return [] }
      let cost =
        seconds.isFinite
        ? RunCost(
          secondsPerDraw: seconds / Double(max(1, settings.samples)), seconds: seconds * Double(summary.examples),
          ofOneProcessor: true) : nil
      return Verdict(
        summary, by: entry, of: "\(URL(filePath: settings.dataPath).lastPathComponent):\(settings.dataset)",
        isCrossEntropy: settings.facts.isCrossEntropy ?? false, tuned: settings.facts.tuned, cost: cost
      ).sentences(in: CommandWords())
    },
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

  /// Computes what the model makes of the examples that are listed, and what it draws.
  ///
  /// - Throws: `CommandError` where it is another model than that of the results.
  static func addPictures(to page: inout ReportPage, of subject: ReportSubject, by path: String) throws {
    try FileRole.model.check(path)
    let digest = try SHA256.hexDigest(ofFile: path)
    guard digest == subject.settings.modelSHA256 else {
      throw CommandError(
        .invalidInput,
        "\(path): not the model of these results: nothing is drawn by it\nexpected sha256 "
          + "\(subject.settings.modelSHA256.prefix(16))…, found \(digest.prefix(16))…")
    }
    let model = try NetworkModel(ModelFile.read(path))
    try page.images?.reconstruct(subject.listedExamples, under: model)
    page.pictures = try page.images?.pictures(
      of: subject.settings.examples, under: model, name: subject.modelName)
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

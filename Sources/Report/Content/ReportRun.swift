import Evidence
package import Foundation
import ModelFile
package import Runs

/// A page, made of the files that are asked for.
package struct ReportRun {
  private let request: ReportRequest
  private let host: any RunHost
  private let words: any RunWords
  private let subject: ReportSubject

  /// Opens the results.
  package init(_ request: ReportRequest, host: any RunHost, words: any RunWords) throws {
    (self.request, self.host, self.words) = (request, host, words)
    try FileRole.results.check(request.results)
    subject = try ReportSubject(ResultsFile(reading: request.results), words: words)
    host.log("results read", ["path": request.results, "examples": "\(subject.values.count)"])
  }

  /// Makes the page.
  package func run() throws -> ReportOutcome {
    var page = ReportPage(subject: subject)
    var warnings: [RunWarning] = []
    if let data = request.data {
      page.images = try ExampleImages(data, dataset: request.dataset, of: subject.settings)
      if page.images == nil { warnings.append(.noImages(data: data)) }
      if let model = request.model { try addPictures(to: &page, by: model) }
    }
    var others: [String] = []
    for path in request.parts {
      if (try? FileKind(of: path)) == .results {
        others.append(path)
        continue
      }
      let bytes = try Self.bytes(path)
      if JSONFile.command(bytes) == "check" {
        page.checks.append((path, try Self.read(.check) { try CheckFile(bytes, path: path) }))
      } else {
        page.units.append((path, try Self.read(.units) { try UnitsFile(bytes, path: path) }))
      }
    }
    if !others.isEmpty { try compare(others, on: &page) }
    if request.findsUnits, let model = request.model, let data = request.data {
      page.units.append((model, try units(model, data)))
    }
    return ReportOutcome(html: try page.html(), warnings: warnings)
  }

  /// Puts several results on the page, with their table.
  private func compare(_ others: [String], on page: inout ReportPage) throws {
    let outcome = try ComparisonOutcome(reading: [request.results] + others, reportsAllErrors: false)
    let names = outcome.results.map(\.name)
    page.name = names[0]
    page.others = try zip(names.dropFirst(), others).map {
      ($0, try ReportSubject(ResultsFile(reading: $1), words: words))
    }
    page.comparison = ComparisonSection(
      head: outcome.head, rows: outcome.rows, sentences: outcome.sentences(in: words))
  }

  /// Computes what the model makes of the examples that are listed, and what it draws.
  ///
  /// - Throws: `RunError` where it is another model than that of the results.
  private func addPictures(to page: inout ReportPage, by path: String) throws {
    try FileRole.model.check(path)
    let digest = try SHA256.hexDigest(ofFile: path)
    guard digest == subject.settings.modelSHA256 else {
      throw RunError.otherModel(path: path, expected: subject.settings.modelSHA256, found: digest)
    }
    let model = try NetworkModel(ModelFile.read(path))
    try page.images?.reconstruct(subject.listedExamples, under: model)
    page.pictures = try page.images?.pictures(
      of: subject.settings.examples, under: model, name: subject.modelName)
  }

  /// The latent units on the examples of the results, prepared as these were.
  private func units(_ model: String, _ data: String) throws -> UnitsFile {
    let settings = subject.settings
    let inputs = InputsRequest(
      model: model, data: data, dataset: request.dataset ?? settings.dataset, examples: ExampleRange(settings.examples),
      preparation: settings.preparation)
    var request = UnitsRequest(inputs: inputs)
    request.evaluation = EvaluationRequest(seed: settings.dataSeed)
    return try UnitsFile(UnitsRun(request, host: host).run(), in: words)
  }

  /// The bytes of a file.
  ///
  /// - Throws: `RunError` where there is no such file, `EvidenceError` (`inputOutput`) where it can't be read.
  package static func bytes(_ path: String) throws -> Data {
    guard FileManager.default.fileExists(atPath: path) else { throw RunError.noSuchFile(path: path) }
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw EvidenceError(.inputOutput, "\(path): the file can't be read")
    }
    return bytes
  }

  /// What a command printed for programs.
  ///
  /// - Throws: `RunError` where it is something else.
  package static func read<File>(_ output: RunError.PrintedOutput, _ make: () throws -> File) throws -> File {
    do {
      return try make()
    } catch let error as EvidenceError {
      throw RunError.notPrinted(output, problem: error.message)
    }
  }
}

import ArgumentParser
import Evidence
import Foundation
import Report
import Runs

/// `evidence report`: results as a page to read, to print and to pass on.
struct ReportCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Make one HTML page of a results file or of several.",
    discussion: """
      The page holds the log-likelihood with both errors, the curve L_k, how examples differ, which of them can't be \
      trusted, and the settings that make the numbers again. It is one file that loads nothing from elsewhere. Results of a \
      run that goes on are taken as far as they are.

      Examples:
        evidence report results.h5 -o report.html
        evidence report results.h5 --data mnist.h5 -o report.html      show the worst examples as images
        evidence report results.h5 --data mnist.h5 --model model.h5 -o report.html    and what the model makes of them, and draws
        evidence report a.h5 b.h5 c.h5 -o report.html                  compare several
        evidence report results.h5 --data mnist.h5 --model model.h5 --units -o report.html   and its latent units
        evidence units model.h5 mnist.h5 --format json > units.json
        evidence report results.h5 units.json -o report.html           add the latent units
        evidence check model.h5 --format json > check.json
        evidence report results.h5 check.json -o report.html           add the bracket on simulated data
      """)

  @Argument(help: ArgumentHelp("The results of `evidence nll --output`.", valueName: "results.h5"), completion: .file())
  var results: String

  @Argument(
    help: ArgumentHelp(
      "Other results on the same data, and what `evidence units` or `evidence check` printed with --format json, saved in files.",
      valueName: "more"),
    completion: .file())
  var parts: [String] = []

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The page; - for standard output.", valueName: "report.html"),
    completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      "The data that the results were made of, to show examples as images; refused when it is other data.",
      valueName: "data.h5"), completion: .file())
  var data: String?

  @Option(
    help: ArgumentHelp(
      "The model that made the results, to show what it makes of the images, what it draws, and what its units do; refused when it is another model.",
      valueName: "model.h5"), completion: .file())
  var model: String?

  @Option(help: ArgumentHelp("The dataset inside --data. (default: that of the results)", valueName: "path"))
  var dataset: String?

  @Flag(help: "Find the latent units of the model on these data, as `evidence units` does, and show them.")
  var units = false

  @OptionGroup var isolation: IsolationOptions

  @Flag(name: .shortAndLong, help: "No warnings on standard error; errors remain.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say more on standard error.")
  var verbose = false

  var untrustedFiles: [String] { [results] + parts + [data, model].compactMap(\.self) }

  func validate() throws {
    if dataset != nil && data == nil { throw ValidationError("--dataset: say which file it is in: --data DATA.h5") }
    if model != nil && data == nil { throw ValidationError("--model: the images are needed, too: --data DATA.h5") }
    if units && model == nil { throw ValidationError("--units: say of which model: --model MODEL.h5") }
    if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other") }
  }

  func run() throws {
    Console.shared.configure(isQuiet: quiet, isVerbose: verbose)
    Interruption.shared.install()
    try refuseOverwriting()
    try FileRole.results.check(results)
    let subject = try ReportSubject(ResultsFile(reading: results))
    Log.debug("results read", ["path": results, "examples": "\(subject.values.count)"])
    var page = ReportPage(subject: subject)
    if let data {
      page.images = try ExampleImages(data, dataset: dataset, of: subject.settings)
      if page.images == nil { Console.shared.warn("\(data): an example is no image: examples are listed without") }
      if let model { try Self.addPictures(to: &page, of: subject, by: model) }
    }
    var others: [String] = []
    for path in parts {
      if (try? FileKind(of: path)) == .results {
        others.append(path)
        continue
      }
      let bytes = try Self.bytes(path)
      if JSONFile.command(bytes) == "check" {
        page.checks.append((path, try Self.read(CheckFile.init, bytes, path, "check MODEL --format json > CHECK.json")))
      } else {
        page.units.append((path, try Self.read(UnitsFile.init, bytes, path, "units … --format json > UNITS.json")))
      }
    }
    if !others.isEmpty { try compare(others, on: &page) }
    if units, let model, let data { page.units.append((model, try found(model, data, subject.settings))) }
    try write(page.html())
    if output != "-" { Console.shared.say("written: \(output)") }
  }

  /// Puts several results on the page, with their table.
  private func compare(_ others: [String], on page: inout ReportPage) throws {
    let files = [results] + others
    let outcome = try ComparisonOutcome(reading: files, reportsAllErrors: false)
    let names = outcome.results.map(\.name)
    page.name = names[0]
    page.others = try zip(names.dropFirst(), others).map { ($0, try ReportSubject(ResultsFile(reading: $1))) }
    page.comparison = ComparisonSection(
      head: outcome.head, rows: outcome.rows, sentences: outcome.sentences(in: CommandWords()))
  }

  /// The latent units on the examples of the results, prepared as these were.
  private func found(_ model: String, _ data: String, _ settings: ResultsSettings) throws -> UnitsFile {
    let steps = settings.preprocessing
    let inputs = InputsRequest(
      model: model, data: data, dataset: dataset ?? settings.dataset, examples: ExampleRange(settings.examples),
      preparation: PreparationChoice(
        binarize: steps.binarize, divideBy: steps.divideBy, dequantize: steps.dequantize, axes: settings.axes,
        covariates: settings.covariates))
    var request = UnitsRequest(inputs: inputs)
    request.evaluation = EvaluationRequest(seed: settings.dataSeed)
    let outcome = try UnitsRun(request, host: CommandHost()).run()
    let digests = try outcome.digests
    let origin = UnitsOrigin(
      modelPath: outcome.modelPath, modelName: outcome.modelName, modelSHA256: digests.model,
      dataPath: outcome.dataPath, dataset: outcome.dataset, dataSHA256: digests.data, examples: outcome.examples)
    return UnitsFile(outcome.units, of: origin, warnings: outcome.warnings.map(CommandWords().words))
  }

  /// A page never takes the place of anything that is no page.
  private func refuseOverwriting() throws {
    guard output != "-", let handle = FileHandle(forReadingAtPath: output) else { return }
    defer { try? handle.close() }
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: output, isDirectory: &isDirectory), isDirectory.boolValue {
      throw CommandError(.cannotCreateOutput, "\(output): is a directory; name a file: -o report.html")
    }
    guard let head = try? handle.read(upToCount: 15), !head.isEmpty, output != "/dev/null" else { return }
    guard String(decoding: head, as: UTF8.self).lowercased().hasPrefix("<!doctype html") else {
      throw CommandError(
        .usage, "\(output): is there, and is no page: it is not overwritten; name another file: -o report.html")
    }
  }

  private func write(_ html: String) throws {
    guard output != "-" else { return try Console.shared.output(html) }
    do {
      let page = Data(html.utf8)
      if output.hasPrefix("/dev/") {
        // A device or a pipe can't be replaced.
        try page.write(to: URL(filePath: output))
      } else {
        let target = URL(filePath: output).resolvingSymlinksInPath().path(percentEncoded: false)
        let partial = target + ".partial-\(ProcessInfo.processInfo.processIdentifier)"
        try Interruption.shared.whileWriting(partial) {
          try page.write(to: URL(filePath: partial))
          guard rename(partial, target) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        }
      }
    } catch {
      throw CommandError(.cannotCreateOutput, "\(output): the page can't be written: \(Self.reason(error))")
    }
    Log.debug("page written", ["path": output, "bytes": "\(html.utf8.count)"])
  }

  private static func reason(_ error: any Error) -> String {
    if let error = error as? POSIXError { return String(cString: strerror(error.code.rawValue)) }
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    if let underlying, underlying.domain == NSPOSIXErrorDomain {
      return String(cString: strerror(Int32(underlying.code)))
    }
    return (error as NSError).localizedDescription
  }
}

import ArgumentParser
import Report

/// `evidence report`: results as a page to read, to print and to pass on.
struct ReportCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Make one HTML page of a results file or of several.",
    discussion: """
      The page holds the log-likelihood with both errors, the curve L_k, how examples differ, which of them can't be \
      trusted, and the settings that make the numbers again. It is one file that loads nothing from elsewhere. Results of a \
      run that goes on are taken as far as they are.

      Examples, on the digits in Sources/EvidenceCommand/Resources:
        evidence nll digits-iwae-2l.h5 digits-test.h5 --output results.h5
        evidence report results.h5 -o report.html
      With the worst examples as images, what the model makes of them, and what it draws:
        evidence report results.h5 --data digits-test.h5 --model digits-iwae-2l.h5 -o images.html
      The same with its latent units:
        evidence report results.h5 --data digits-test.h5 --model digits-iwae-2l.h5 --units -o units.html
      With what was found of the units, and the bracket on simulated data:
        evidence units digits-iwae-2l.h5 digits-test.h5 --format json > units.json
        evidence check digits-iwae-2l.h5 --format json > check.json
        evidence report results.h5 units.json check.json -o all.html
      Of several runs:
        evidence nll digits-iwae-2l.h5 digits-test.h5 --estimator laplace --output laplace.h5
        evidence report results.h5 laplace.h5 -o several.html
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
    let (host, words) = (CommandHost(), CommandWords())
    let file = output == "-" ? nil : try PageFile(output)
    let outcome = try ReportRun(request, host: host, words: words).run()
    for warning in outcome.warnings { Console.shared.warn(words.words(warning)) }
    guard let file else { return try Console.shared.output(outcome.html) }
    try file.write(outcome.html, host: host)
    Console.shared.say("written: \(output)")
  }

  /// What is asked for.
  var request: ReportRequest {
    var request = ReportRequest(results: results)
    (request.parts, request.data, request.dataset) = (parts, data, dataset)
    (request.model, request.findsUnits) = (model, units)
    return request
  }
}

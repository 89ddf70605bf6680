import ArgumentParser
import Foundation
import Runs

/// `evidence nll`: the test log-likelihood of a dataset under a model.
struct NLLCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "nll",
    abstract: "Estimate the test log-likelihood of DATA under one MODEL or several.",
    usage: "evidence nll <model> ... <data> [<options>]",
    discussion: """
      The mean over examples of log p(x), in nats, with two errors that are never added up: "data" is how much another \
      test set would change it, "Monte Carlo" how much other draws would.

      Examples, on the digits in Sources/EvidenceCommand/Resources:
        evidence nll digits-iwae-2l.h5 digits-test.h5
      A quick look:
        evidence nll digits-iwae-2l.h5 digits-test.h5 --examples 0..100 --samples 500
      Keep what every example yields; go on after an interruption:
        evidence nll digits-iwae-2l.h5 digits-test.h5 --output results.h5
        evidence nll digits-iwae-2l.h5 digits-test.h5 --output results.h5 --resume
      Several models, best first, and a table for a paper:
        evidence train digits-test.h5 --like digits-iwae-2l.h5 --epochs 20 -o trained.h5
        evidence nll digits-iwae-2l.h5 trained.h5 digits-test.h5 --output results/ --format latex
      Check the Monte Carlo error by other seeds:
        evidence nll digits-iwae-2l.h5 digits-test.h5 --replicates 5
      For programs:
        evidence nll digits-iwae-2l.h5 digits-test.h5 --format json | jq .nll

      The same model, data, seed and K give the same numbers to the last bit, whatever the threads and the range.
      """)

  @Argument(
    help: ArgumentHelp(
      "One model or several (HDF5), and last the test set: a dataset of shape [N, …] in HDF5, .npy, .npz or .h5ad.",
      valueName: "model … data"), completion: .file())
  var files: [String]

  @OptionGroup var preparation: PreparationOptions
  @OptionGroup var sampling: SamplingOptions

  @Option(help: ArgumentHelp("The estimator; `evidence estimators` lists them.", valueName: "name"))
  var estimator = EstimatorName.preset

  @Option(help: ArgumentHelp("The order of the bound that --estimator renyi gives, from 0 to below 1.", valueName: "a"))
  var alpha = EstimatorOptions.defaultAlpha

  @OptionGroup var annealing: AnnealingOptions

  @OptionGroup var running: RunOptions

  @Option(
    help: ArgumentHelp(
      "Repeat with R seeds for the draws (S, S + 1, …; the data stay the same) and report the spread of the mean.",
      valueName: "r"))
  var replicates = 1

  @Flag(help: "Report the Monte Carlo error even where a Pareto k̂ says that it can't be trusted.")
  var allErrors = false

  @Flag(help: "End with a sentence to cite: the number, the estimator, k, seed, version, model and data.")
  var cite = false

  @OptionGroup var sharding: ShardOptions
  @OptionGroup var results: ResultsOptions
  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var output: TableOptions

  /// The models.
  var models: [String] { Array(files.dropLast()) }
  /// The data.
  var data: String { files.last ?? "" }

  var untrustedFiles: [String] {
    guard models.count > 1, results.resume, let folder = results.output else {
      return files + results.untrusted(sharding)
    }
    return files + FileNames.distinct(models).map { NLLSeries.path(folder, $0) }.filter(FileManager.default.fileExists)
  }

  func validate() throws {
    if files.count < 2 {
      throw ValidationError(
        "a model and data are wanted: evidence nll MODEL DATA; only \(files.first ?? "nothing") is given")
    }
    for word in files where word.contains("=") && !FileManager.default.fileExists(atPath: word) {
      throw ValidationError("\(word): no such file; an option is written --\(word.replacing("=", with: " "))")
    }
    if models.count > 1, sharding.shard != nil {
      throw ValidationError("--shard: of one model at a time; found \(models.count)")
    }
    guard alpha >= 0, alpha < 1 else { throw ValidationError("--alpha: expected from 0 to below 1, found \(alpha)") }
    if replicates < 1 { throw ValidationError("--replicates: expected at least 1, found \(replicates)") }
    if replicates > 1 && running.seed > UInt64.max - UInt64(replicates) {
      throw ValidationError("--replicates: the seeds \(running.seed) + 1, … are too large")
    }
  }

  func run() throws {
    output.start()
    if models.count == 1 { return try output.print(NLLRun(request, host: CommandHost()).run()) }
    let series = try NLLSeries(
      models.map(request(of:)), folder: results.output, resumes: results.resume, host: CommandHost())
    try output.print(series.run())
  }

  /// What is asked for, of the first model.
  var request: NLLRequest { request(of: files.first ?? "") }

  private func request(of model: String) -> NLLRequest {
    var request = NLLRequest(inputs: preparation.inputs(model: model, data: data))
    request.keepsScores = output.format.table != nil
    request.estimator = estimator.entry
    request.options = EstimatorOptions(samples: sampling.samples, alpha: alpha, annealing: annealing.annealing)
    request.evaluation = running.request
    request.replicates = replicates
    request.shard = sharding.request
    request.results = results.request
    request.reportsAllErrors = allErrors
    request.cites = cite
    return request
  }
}

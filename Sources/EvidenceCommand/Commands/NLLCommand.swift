import ArgumentParser
import Runs

/// `evidence nll`: the test log-likelihood of a dataset under a model.
struct NLLCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "nll",
    abstract: "Estimate the test log-likelihood of DATA under MODEL.",
    discussion: """
      The mean over examples of log p(x), in nats, with two errors that are never added up: "data" is how much another \
      test set would change it, "Monte Carlo" how much other draws would.

      Examples:
        evidence nll model.h5 mnist.h5 --dataset test/images
      A quick look:
        evidence nll model.h5 mnist.h5 --examples 0..100 --samples 500
      Keep what every example yields; go on after an interruption:
        evidence nll model.h5 mnist.h5 --output results.h5
        evidence nll model.h5 mnist.h5 --output results.h5 --resume
      Check the Monte Carlo error by other seeds:
        evidence nll model.h5 mnist.h5 --replicates 5
      For programs:
        evidence nll model.h5 mnist.h5 --format json | jq .nll

      The same model, data, seed and K give the same numbers to the last bit, whatever the threads and the range.
      """)

  @OptionGroup var inputs: ModelAndDataOptions
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
  @OptionGroup var output: OutputOptions

  var untrustedFiles: [String] { [inputs.model, inputs.data] + results.untrusted(sharding) }

  func validate() throws {
    guard alpha >= 0, alpha < 1 else { throw ValidationError("--alpha: expected from 0 to below 1, found \(alpha)") }
    if replicates < 1 { throw ValidationError("--replicates: expected at least 1, found \(replicates)") }
    if replicates > 1 && running.seed > UInt64.max - UInt64(replicates) {
      throw ValidationError("--replicates: the seeds \(running.seed) + 1, … are too large")
    }
  }

  func run() throws {
    output.start()
    try output.print(NLLRun(request, host: CommandHost()).run())
  }

  /// What is asked for.
  var request: NLLRequest {
    var request = NLLRequest(inputs: inputs.request)
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

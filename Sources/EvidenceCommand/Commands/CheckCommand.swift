import ArgumentParser
import Runs

/// `evidence check`: what an estimator says of data whose answer is bracketed.
struct CheckCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Bracket the log-likelihood of data simulated from MODEL: how far off is an estimator?",
    discussion: """
      Draws examples from the model itself. The latents that each was made with are an exact draw of its posterior; planted \
      among an estimator's draws they turn its lower bound in expectation into an upper one, and the truth lies between. \
      Beside it stands the bracket of plain importance sampling. With DATA it says whether real data are as hard as \
      simulated ones: where they are harder, the gap says nothing of them.

      Examples, on the digits in Sources/EvidenceCommand/Resources:
        evidence check digits-iwae-2l.h5 --estimator annealed
        evidence check digits-iwae-2l.h5 digits-test.h5 --estimator ladder --simulated 100
      """)

  @Argument(help: "The model (HDF5).", completion: .file())
  var model: String

  @Argument(help: "Real data, to be compared with simulated ones.", completion: .file())
  var data: String?

  @OptionGroup var preparation: PreparationOptions

  @Option(help: ArgumentHelp("Examples to simulate.", valueName: "n"))
  var simulated = 200

  @OptionGroup var sampling: SamplingOptions

  @Option(help: ArgumentHelp("The estimator; `evidence estimators` lists them.", valueName: "name"))
  var estimator = EstimatorName(entry: EstimatorCatalog.ladder)

  @OptionGroup var annealing: AnnealingOptions
  @OptionGroup var running: RunOptions
  @OptionGroup var sharding: ShardOptions
  @OptionGroup var results: ResultsOptions
  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var output: OutputOptions

  var untrustedFiles: [String] { [model] + [data].compactMap(\.self) + results.untrusted(sharding) }

  func validate() throws {
    if simulated < 1 { throw ValidationError("--simulated: expected at least 1, found \(simulated)") }
    if !estimator.entry.isUnbiased {
      throw ValidationError("--estimator: \(estimator.entry.name) has no bracket; take one that is unbiased for p(x)")
    }
  }

  func run() throws {
    output.start()
    try output.print(CheckRun(request, host: CommandHost()).run())
  }

  /// What is asked for.
  var request: CheckRequest {
    var request = CheckRequest(model: model)
    request.data = data.map { preparation.inputs(model: model, data: $0) }
    request.simulated = simulated
    request.estimator = estimator.entry
    (request.shard, request.results) = (sharding.request, results.request)
    request.options = EstimatorOptions(samples: sampling.samples, annealing: annealing.annealing)
    request.evaluation = running.request
    return request
  }
}

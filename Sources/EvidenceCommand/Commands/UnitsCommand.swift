import ArgumentParser
import Runs
import Statistics

/// `evidence units`: which latents are used.
struct UnitsCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "units",
    abstract: "Say which latent units and directions of MODEL carry information about DATA.",
    discussion: """
      For each stochastic layer, the variance over examples of every unit's posterior mean, A_u = Cov_x(E_q[u]): a unit is \
      active above 0.01. With its standard error, each unit's KL, the principal directions, and what the layer tells about \
      the data. Units are numbered from 0.

      Examples, on the digits in Sources/EvidenceCommand/Resources:
        evidence units digits-iwae-2l.h5 digits-test.h5
        evidence units digits-iwae-2l.h5 digits-test.h5 --latents latents.h5 --labels labels
        evidence units digits-iwae-2l.h5 digits-test.h5 --format json > units.json
      What inactive units are worth; go on after an interruption:
        evidence units digits-iwae-2l.h5 digits-test.h5 --ablate --samples 500 --output units.h5
        evidence units digits-iwae-2l.h5 digits-test.h5 --ablate --samples 500 --output units.h5 --resume
      In parts, put together and summed up:
        evidence units digits-iwae-2l.h5 digits-test.h5 --shard 0/2 --output part.h5
        evidence units digits-iwae-2l.h5 digits-test.h5 --shard 1/2 --output part.h5
        evidence merge part-*.h5 -o all.h5
        evidence units digits-iwae-2l.h5 digits-test.h5 --output all.h5 --resume
      """)

  @OptionGroup var inputs: ModelAndDataOptions

  @Option(help: ArgumentHelp("A unit is active when its variance is above (not at) this.", valueName: "a"))
  var threshold = DiagnosticThresholds.activeUnitVariance

  @Option(
    help: ArgumentHelp(
      "Draws in each of the two chains that layers above the first are measured by; more of them lessen the noise.",
      valueName: "r"))
  var draws = 1

  @Option(
    help: ArgumentHelp(
      "Draws that mutual information is estimated at, from as many examples; 0 for none.", valueName: "m"))
  var probes = 512

  @Flag(
    help: "Estimate the log-likelihood again with inactive units held at their prior mean, and without single ones.")
  var ablate = false

  @OptionGroup var sampling: SamplingOptions

  @Option(
    help: ArgumentHelp(
      "With --ablate, the first examples that the log-likelihood is estimated on for other numbers of units; 0 for none.",
      valueName: "n"))
  var sweepExamples = 200

  @Option(
    help: ArgumentHelp("Write posterior means and scales of every example to this HDF5 file.", valueName: "out.h5"),
    completion: .file())
  var latents: String?

  @Option(
    help: ArgumentHelp(
      "A dataset in DATA with a label for each example, carried over to what is written.", valueName: "path"))
  var labels: String?

  @Flag(help: "A bar for every unit, also in layers of more than \(UnitsOutcome.mostBars) or of mostly inactive ones.")
  var allUnits = false

  @OptionGroup var running: RunOptions
  @OptionGroup var sharding: ShardOptions
  @OptionGroup var results: ResultsOptions
  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var output: OutputOptions

  var untrustedFiles: [String] { [inputs.model, inputs.data] + results.untrusted(sharding) }

  func validate() throws {
    guard threshold >= 0, threshold.isFinite else {
      throw ValidationError("--threshold: expected a number from 0 on, found \(threshold)")
    }
    if draws < 1 { throw ValidationError("--draws: expected at least 1, found \(draws)") }
    if probes < 0 { throw ValidationError("--probes: expected 0 or more, found \(probes)") }
    if ablate && sharding.shard != nil {
      throw ValidationError("--ablate: not of a part of the examples; take it with the merged results, by --resume")
    }
    if sweepExamples < 0 { throw ValidationError("--sweep-examples: expected 0 or more, found \(sweepExamples)") }
  }

  func run() throws {
    output.start()
    try output.print(UnitsRun(request, host: CommandHost(isForPeople: output.format == .text)).run())
  }

  /// What is asked for.
  var request: UnitsRequest {
    var request = UnitsRequest(inputs: inputs.request)
    (request.threshold, request.draws, request.probes) = (threshold, draws, probes)
    (request.ablates, request.samples, request.sweepExamples) = (ablate, sampling.samples, sweepExamples)
    (request.latents, request.labels, request.showsAllUnits) = (latents, labels, allUnits)
    (request.shard, request.results) = (sharding.request, results.request)
    request.evaluation = running.request
    return request
  }
}

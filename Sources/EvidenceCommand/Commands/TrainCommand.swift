public import ArgumentParser
import Evidence
import Runs
import Training

/// `evidence train`: trains the recognition and the generative network, or one of them.
struct TrainCommand: ParsableCommand, IsolatedCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model on DATA: as a VAE, as an IWAE, or an encoder by wake.",
    discussion: """
      Makes the evidence lower bound (vae), the importance-weighted bound L_k (iwae), or log q(z | x) by self-normalised \
      weights (wake, the encoder alone) large with Adam. Binarization is drawn anew each epoch. The same data, options and \
      seed give the same weights to the last bit, whatever the threads, and also where a run is gone on with.

      Examples, on the digits in Sources/EvidenceCommand/Resources:
        evidence train digits-test.h5 --like digits-iwae-2l.h5 --objective iwae --samples 5 --epochs 50 -o model.h5
      Go on with more epochs, or after an interruption:
        evidence train digits-test.h5 --like digits-iwae-2l.h5 --objective iwae --samples 5 --epochs 60 -o model.h5 --resume
      Refit the encoder of a model; its decoder stays as it is:
        evidence train digits-test.h5 --from digits-iwae-2l.h5 --freeze decoder --epochs 20 -o refitted.h5

      A checkpoint lies beside the model, MODEL.h5.checkpoint.
      """)

  @Argument(help: "The training set: an HDF5 file with a dataset of shape [N, …].", completion: .file())
  var data: String

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("The model file to write.", valueName: "model.h5"))
  var model: String

  @OptionGroup var preparation: PreparationOptions

  @Option(
    help: ArgumentHelp(
      "The networks: paper-1 (784–200–200–50 in the paper), paper-2, or a JSON file with latents, encoder, decoder and "
        + "likelihood. (default: paper-1)", valueName: "name|file"))
  var architecture: String?

  @Option(
    help: ArgumentHelp(
      "Networks like those of this model, with new weights where they are trained.", valueName: "model.h5"),
    completion: .file())
  var like: String?

  @Option(
    help: ArgumentHelp("Go on from the weights of this model.", valueName: "model.h5"), completion: .file())
  var from: String?

  @Option(help: ArgumentHelp("What is made large: vae, iwae or wake.", valueName: "name"))
  var objective = ObjectiveName.vae

  @Option(help: ArgumentHelp("Draws for each example. (default: 1, for wake 5)", valueName: "k"))
  var samples: Int?

  @Option(
    help: ArgumentHelp("How iwae estimates the encoder's gradient: standard or dreg.", valueName: "how"))
  var gradient = TrainingObjective.Gradient.standard

  @Option(help: ArgumentHelp("A network that keeps its weights: encoder or decoder.", valueName: "network"))
  var freeze: FrozenNetwork?

  @Option(
    help: ArgumentHelp(
      "Passes over the data. (default: 100; 121 with --schedule paper, its first five stages)", valueName: "n"))
  var epochs: Int?

  @Option(
    help: ArgumentHelp("How the rate changes: constant, or paper (3^i epochs at rate · 10^(−i/7)).", valueName: "name"))
  var schedule = ScheduleName.constant

  @Option(help: ArgumentHelp("Examples of a step.", valueName: "n"))
  var batch = 20

  @Option(help: ArgumentHelp("The learning rate of Adam.", valueName: "x"))
  var learningRate = 1e-3

  @Option(
    help: ArgumentHelp("Examples that are not trained on: their L_k is looked at now and then.", valueName: "a..b"))
  var validation: ExampleRange?

  @Option(help: .hidden)
  var checkpointSeconds = 60.0

  @OptionGroup var running: RunOptions

  @Flag(help: "Go on with the run that left a checkpoint beside the model.")
  var resume = false

  @Flag(help: "Replace a model, and a checkpoint, that are there.")
  var force = false

  @OptionGroup var isolation: IsolationOptions
  @OptionGroup var output: OutputOptions

  /// Names of objectives.
  enum ObjectiveName: String, ExpressibleByArgument, CaseIterable { case vae, iwae, wake }
  /// Names of schedules.
  enum ScheduleName: String, ExpressibleByArgument, CaseIterable { case constant, paper }
  /// Names of networks.
  enum FrozenNetwork: String, ExpressibleByArgument, CaseIterable { case encoder, decoder }

  var untrustedFiles: [String] { [data] + [like, from].compactMap(\.self) }

  func validate() throws {
    if [architecture, like, from].compactMap(\.self).count > 1 {
      throw ValidationError("--architecture, --like and --from exclude each other")
    }
    if freeze != nil || objective == .wake, like == nil, from == nil {
      throw ValidationError("a network that keeps its weights comes from a model: --like MODEL.h5 or --from MODEL.h5")
    }
    if objective == .wake, freeze == .encoder { throw ValidationError("--objective wake trains the encoder") }
    if gradient != .standard, objective != .iwae { throw ValidationError("--gradient: only iwae has a choice") }
    if resume && force { throw ValidationError("--resume and --force exclude each other") }
  }

  func run() throws {
    output.start()
    try output.print(TrainRun(request, host: CommandHost()).run())
  }

  /// What is asked for.
  var request: TrainRequest {
    var request = TrainRequest(data: data, output: model, options: options)
    request.dataset = preparation.dataset
    request.preparation = preparation.choice
    request.examples = preparation.examples
    request.validation = validation
    request.resumes = resume
    request.replaces = force
    request.start =
      if let from {
        .weights(from)
      } else if let like {
        .like(like)
      } else {
        switch architecture ?? "paper-1" {
        case "paper-1": .paperOneLayer
        case "paper-2": .paperTwoLayers
        case let path: .architecture(path)
        }
      }
    return request
  }

  private var options: TrainingOptions {
    let target: TrainingObjective =
      switch objective {
      case .vae: .evidenceLowerBound
      case .iwae: .importanceWeighted(gradient)
      case .wake: .wake
      }
    let isPaper = schedule == .paper
    var options = TrainingOptions(
      objective: target, samples: samples ?? (objective == .wake ? 5 : 1),
      trained: TrainedNetworks(encoder: freeze != .encoder, decoder: freeze != .decoder),
      schedule: isPaper ? .paper : .constant,
      epochs: epochs ?? (isPaper ? LearningSchedule.epochs(throughStage: 4) : 100),
      threads: running.threads ?? Processors.count)
    options.batch = batch
    options.rate = learningRate
    options.seed = running.seed
    options.secondsBetweenCheckpoints = checkpointSeconds
    return options
  }
}

extension TrainingObjective.Gradient: ExpressibleByArgument {}

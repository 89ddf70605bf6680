public import Evidence

/// How a model is trained.
public struct TrainingOptions: Sendable, Equatable {
  /// What is made large.
  public var objective: TrainingObjective
  /// Draws for each example, k.
  public var samples: Int
  /// Which networks are trained.
  public var trained: TrainedNetworks
  /// Examples of a step.
  public var batch = 20
  /// The learning rate, which the schedule multiplies.
  public var rate = 1e-3
  /// How the rate changes.
  public var schedule: LearningSchedule
  /// Passes over the examples.
  public var epochs: Int
  /// The seed of all randomness: first weights, order, binarization, draws.
  public var seed: UInt64 = 0
  /// Worker threads; they change no number.
  public var threads: Int
  /// The examples that are trained on; all by default.
  public var examples: Range<Int>?
  /// Examples that are not trained on, but looked at now and then.
  public var validation: Range<Int>?
  /// Seconds between checkpoints within an epoch.
  public var secondsBetweenCheckpoints = 60.0

  /// Adam's ε: what the paper took.
  public static let adamEpsilon = 1e-4

  /// Options.
  public init(
    objective: TrainingObjective, samples: Int, trained: TrainedNetworks = TrainedNetworks(),
    schedule: LearningSchedule = .constant, epochs: Int, threads: Int = 1
  ) {
    self.objective = objective
    self.samples = samples
    // The wake objective says nothing of p.
    self.trained = objective == .wake ? TrainedNetworks(encoder: true, decoder: false) : trained
    self.schedule = schedule
    self.epochs = epochs
    self.threads = threads
  }

  func check() throws {
    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      guard condition else { throw EvidenceError(.invalidSetting, message()) }
    }
    try require(samples >= 1 && samples <= 1 << 16, "samples: expected from 1 to 65536, found \(samples)")
    try require(batch >= 1 && batch <= 1 << 20, "batch: expected from 1 to \(1 << 20), found \(batch)")
    try require(rate > 0 && rate.isFinite, "learning rate: expected a positive number, found \(rate)")
    try require(epochs >= 1, "epochs: expected at least 1, found \(epochs)")
    try require(threads >= 1, "threads: expected at least 1, found \(threads)")
    try require(trained.encoder || trained.decoder, "both networks are frozen: nothing is left to train")
  }

  /// What a run must have in common with another to go on with it: neither epochs nor threads.
  var identity: String {
    let objective =
      switch objective {
      case .evidenceLowerBound: "vae"
      case .importanceWeighted(let gradient): "iwae \(gradient.rawValue)"
      case .wake: "wake"
      }
    return
      "objective \(objective); samples \(samples); encoder \(trained.encoder); decoder \(trained.decoder); batch \(batch); "
      + "rate \(rate); schedule \(schedule); seed \(seed); validation \(validation.map { "\($0)" } ?? "none")"
      + (examples.map { "; of examples \($0)" } ?? "")
  }
}

/// How a step's examples are divided: fixed by their number and that of the draws alone, so that sums have the same bits
/// whatever the threads.
struct StepLayout: Equatable {
  /// Examples that are computed together.
  let blockExamples: Int
  /// Sums of gradients.
  let parts: Int

  /// Pairs of an example and a draw that are best computed together.
  private static let pairs = 256
  /// At least so many blocks, for as many threads.
  private static let leastBlocks = 2
  /// Sums cost memory, and time to add up.
  private static let mostParts = 8

  init(batch: Int, draws: Int) {
    let wanted = max(Self.leastBlocks, (batch * draws + Self.pairs - 1) / Self.pairs)
    // An even number of blocks is for an even number of threads.
    let blocks = min(batch, (wanted + 1) / 2 * 2)
    blockExamples = (batch + blocks - 1) / blocks
    parts = min(Self.mostParts, (batch + blockExamples - 1) / blockExamples)
  }
}

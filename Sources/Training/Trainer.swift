public import Evidence
import Foundation

/// How far a training run has come.
public struct TrainingProgress: Sendable {
  /// The epoch at hand, from 0.
  public var epoch: Int
  /// How many epochs there are.
  public var epochs: Int
  /// Steps of the epoch that are done.
  public var step: Int
  /// How many steps an epoch has.
  public var stepsPerEpoch: Int
  /// The mean over the epoch's examples so far of the objective, in nats: the evidence lower bound or L_k.
  public var bound: Double
  /// The learning rate.
  public var rate: Double
  /// The mean of L_k over the examples for validation, where it was looked at after this epoch.
  public var validation: Double?

  /// Whether an epoch was finished with this step.
  public var endsEpoch: Bool { step == stepsPerEpoch }
}

/// Trains a model: the same bits for the same model, data and options, whatever the threads, and also where a run was
/// interrupted and gone on with.
public final class Trainer {
  /// The options.
  public let options: TrainingOptions
  /// The network at its present weights.
  public let network: TrainableNetwork
  private let data: TrainingData
  private let dataset: Dataset
  private let layout: StepLayout
  private let gradients: WeightGradients
  private let pool: WorkerPool
  private let workers: [StepWorker]
  private var checkpoint: TrainingCheckpoint
  private let cancellation: Cancellation

  /// Prepares a run.
  ///
  /// - Parameters:
  ///   - model: What is trained.
  ///   - initialises: Whether the trained networks' weights are drawn anew; otherwise training goes on with the model's.
  ///   - data: The examples.
  /// - Throws: `InvalidModel` where something that is to be trained has no gradient; `EvidenceError` where the data don't
  ///   fit the model, or an option has no meaning.
  public init(
    _ model: ModelDescription, initialises: Bool, on data: Dataset, options: TrainingOptions,
    cancellation: Cancellation = Cancellation()
  ) throws {
    try options.check()
    self.options = options
    self.cancellation = cancellation
    dataset = data
    let compiled = try NetworkModel(model)
    let left = options.validation ?? 0..<0
    let range = options.examples ?? 0..<data.count
    for (name, range) in [("validation", left), ("examples", range)]
    where range.lowerBound < 0 || range.upperBound > data.count {
      throw EvidenceError(
        .invalidSetting,
        "\(name): expected a range within 0..\(data.count), found \(range.lowerBound)..\(range.upperBound)")
    }
    guard data.elementCount == compiled.inputCount else {
      throw EvidenceError(
        .invalidData,
        "an example has \(data.elementCount) elements\nexpected \(compiled.inputCount), as the architecture takes")
    }
    self.data = try TrainingData(
      data, examples: TrainedExamples(range, without: left), for: compiled, batch: options.batch, seed: options.seed,
      check: cancellation.check)
    let start =
      initialises
      ? Initialization.glorot(model, training: options.trained, seed: options.seed, means: self.data.means) : model
    let network = try TrainableNetwork(start, training: options.trained)
    self.network = network
    let batch = min(options.batch, self.data.count)
    let layout = StepLayout(batch: batch, draws: options.samples)
    self.layout = layout
    gradients = network.makeGradients(parts: layout.parts)
    let threads = max(1, min(options.threads, max(layout.parts, network.updatePieces)))
    pool = try WorkerPool(threads: threads)
    workers = (0..<threads).map { _ in StepWorker(network, options, examples: layout.blockExamples) }
    let content = self.data.means.reduce(Double(self.data.count)) { $0 * 0.5 + $1 }
    checkpoint = TrainingCheckpoint(
      identity: options.identity
        + "; trained parameters \(network.parameterCount); examples \(self.data.count); their checksum \(content.bitPattern)"
        + "; first weights \(network.checksum)")
  }

  /// How many examples are trained on.
  public var examples: Int { data.count }

  /// Steps of an epoch.
  public var stepsPerEpoch: Int { (data.count + options.batch - 1) / options.batch }

  /// Epochs that are done.
  public var finishedEpochs: Int { checkpoint.epoch }

  /// Goes on with the run of a checkpoint.
  ///
  /// - Throws: `EvidenceError` where the file is none, or of a run with another model, data or options.
  public func resume(from path: String) throws {
    checkpoint = try TrainingCheckpoint(reading: path, identity: checkpoint.identity, count: 3 * network.count)
    network.state = checkpoint.state
    checkpoint.state = []
  }

  /// Writes a checkpoint, in one step.
  public func save(to path: String) throws {
    guard network.isFinite else { throw diverged("weights are no numbers") }
    var copy = checkpoint
    copy.state = network.state
    try copy.write(to: path)
  }

  /// Trains until the last epoch.
  ///
  /// - Parameters:
  ///   - save: Called at the end of an epoch, or when time has passed, where a checkpoint is due.
  ///   - observe: Called after each step.
  /// - Throws: `EvidenceError` where training diverges; `CancellationError` once cancelled, after `save`; what the closures
  ///   throw.
  public func run(save: (Trainer) throws -> Void = { _ in }, observe: (TrainingProgress) throws -> Void = { _ in })
    throws
  {
    var last = ContinuousClock.now
    while checkpoint.epoch < options.epochs {
      if cancellation.isCancelled {
        try save(self)
        throw CancellationError()
      }
      try step()
      var progress = self.progress
      if checkpoint.stepInEpoch == stepsPerEpoch {
        checkpoint.epoch += 1
        checkpoint.stepInEpoch = 0
        checkpoint.sum = 0
        progress.validation = try validation()
      }
      let isLast = checkpoint.epoch == options.epochs
      if isLast || last.duration(to: .now) >= .seconds(options.secondsBetweenCheckpoints) {
        try save(self)
        last = .now
      }
      try observe(progress)
    }
  }

  private var rate: Double { options.rate * options.schedule.factor(epoch: checkpoint.epoch) }

  private var progress: TrainingProgress {
    let seen = min(checkpoint.stepInEpoch * options.batch, data.count)
    return TrainingProgress(
      epoch: checkpoint.epoch, epochs: options.epochs, step: checkpoint.stepInEpoch, stepsPerEpoch: stepsPerEpoch,
      bound: checkpoint.sum / Double(max(1, seen)), rate: rate)
  }

  private func step() throws {
    let first = checkpoint.stepInEpoch * options.batch
    let places = first..<min(first + options.batch, data.count)
    try data.prepare(epoch: checkpoint.epoch, places: places)
    let number = checkpoint.steps + 1
    let (data, gradients, layout, workers, network) = (data, gradients, layout, workers, network)
    let blocks = stride(from: places.lowerBound, to: places.upperBound, by: layout.blockExamples)
      .map { $0..<min($0 + layout.blockExamples, places.upperBound) }
    let outcome = StepOutcome(blocks: blocks.count)
    pool.run(layout.parts) { part, worker in
      if part >= blocks.count { return gradients.clear(part: part) }
      for block in stride(from: part, to: blocks.count, by: layout.parts) {
        outcome.set(
          block,
          workers[worker].add(
            blocks[block], of: places, data, step: number, to: gradients, part: part, begins: block == part))
      }
      workers[worker].finish(gradients, part: part)
    }
    let sum = try outcome.sum { self.diverged($0) }
    let mean = sum / Double(places.count)
    guard mean.isFinite else { throw diverged("the bound is \(mean)") }
    if checkpoint.steps == 0 { checkpoint.first = mean }
    // Data are no worse under a model that learns than a thousand times as bad as under the first one.
    guard mean > -1000 * max(1, abs(checkpoint.first)) else {
      throw diverged("the bound is \(mean), that of the first step was \(checkpoint.first)")
    }
    let adam = AdamStep(number: number, rate: rate, epsilon: TrainingOptions.adamEpsilon)
    pool.run(network.updatePieces) { piece, _ in network.update(piece: piece, adam, gradients: gradients) }
    checkpoint.steps = number
    checkpoint.stepInEpoch += 1
    checkpoint.sum += sum
  }

  private func diverged(_ reason: String) -> EvidenceError {
    EvidenceError(
      .invalidModel,
      "training diverged at epoch \(checkpoint.epoch + 1), step \(checkpoint.stepInEpoch + 1): \(reason)\n"
        + "the last checkpoint is kept; a smaller learning rate may do")
  }

  /// L_k of the examples for validation: after the first epoch, the last, and every twentieth of them.
  private func validation() throws -> Double? {
    guard let range = options.validation, !range.isEmpty else { return nil }
    let epoch = checkpoint.epoch
    guard epoch == 1 || epoch == options.epochs || epoch % max(1, options.epochs / 20) == 0 else { return nil }
    let evaluation = Evaluation(
      seed: options.seed, threads: options.threads, examples: range, cancellation: cancellation)
    var sum = 0.0
    do {
      _ = try evaluation.run(
        ImportanceSampling(samples: options.samples), under: try NetworkModel(network.currentDescription), on: dataset
      ) { sum += $1.logLikelihood }
    } catch is CancellationError {
      // The epoch is done: what it came to is saved before the run ends.
      return nil
    }
    return sum / Double(range.count)
  }
}

/// What the blocks of a step gave. A block is written by one thread, and read once the pool is done with all: no lock, since
/// `Mutex` waits inside a library that ThreadSanitizer does not see into.
private final class StepOutcome: @unchecked Sendable {
  private let values: UnsafeMutableBufferPointer<Result<Double, InvalidParameter>>

  init(blocks: Int) {
    values = .allocate(capacity: blocks)
    values.initialize(repeating: .success(0))
  }

  deinit {
    values.deinitialize()
    values.deallocate()
  }

  func set(_ block: Int, _ value: Result<Double, InvalidParameter>) { values[block] = value }

  /// The sum in the order of the blocks.
  func sum(_ error: (String) -> EvidenceError) throws -> Double {
    try values.reduce(0.0) { sum, value in
      switch value {
      case .success(let value): return sum + value
      case .failure(let invalid): throw error("\(invalid.path): \(invalid.message)")
      }
    }
  }
}

/// One thread's memory. Used by one thread at a time.
private final class StepWorker: @unchecked Sendable {
  private let worker: TrainingWorker
  private let values: UnsafeMutableBufferPointer<Float>
  private let options: TrainingOptions
  private let size: Int

  init(_ network: TrainableNetwork, _ options: TrainingOptions, examples: Int) {
    worker = TrainingWorker(network, options.objective, examples: examples, draws: options.samples)
    size = network.network.inputCount
    values = .allocate(capacity: examples * size)
    values.initialize(repeating: 0)
    self.options = options
  }

  deinit { values.deallocate() }

  /// Adds the gradients of the examples at some places of a step.
  func add(
    _ block: Range<Int>, of places: Range<Int>, _ data: TrainingData, step: Int, to gradients: WeightGradients,
    part: Int, begins: Bool
  ) -> Result<Double, InvalidParameter> {
    guard let start = values.baseAddress else { return .success(0) }
    for (position, place) in block.enumerated() { data.write(place: place, into: start + position * size) }
    do {
      return .success(
        try worker.addGradients(
          of: UnsafeBufferPointer(rebasing: values[..<(block.count * size)]), batch: places.count, seed: options.seed,
          step: step, firstPair: (block.lowerBound - places.lowerBound) * options.samples, to: gradients, part: part,
          begins: begins))
    } catch {
      return .failure(error)
    }
  }

  func finish(_ gradients: WeightGradients, part: Int) { worker.finish(gradients, part: part) }
}

import Evidence
import Foundation
import Testing

@testable import Training

/// Small grey images: strokes of a few kinds, 36 pixels from 0 to 255.
struct Strokes {
  static let count = 60
  static let values: [Float] = (0..<count).flatMap { example in
    (0..<36).map { pixel -> Float in
      let (row, column) = (pixel / 6, pixel % 6)
      switch example % 3 {
      case 0: return row == 1 + example / 3 % 4 ? 255 : 20
      case 1: return column == 1 + example / 3 % 4 ? 230 : 0
      default: return row == column ? 255 : 10
      }
    }
  }

  static var data: Evidence.Dataset {
    Dataset(values, count: count, preprocessing: Preprocessing(divideBy: 255, binarize: .bernoulli))
  }

  /// The paper's one-layer model, in small.
  static var model: ModelDescription {
    func dense(_ inputs: Int, _ outputs: Int, _ activation: Activation = .identity) -> Layer {
      Layer(
        .dense(
          Dense(
            weight: Tensor(shape: [outputs, inputs], values: [Float](repeating: 0, count: outputs * inputs)),
            layout: .weight, bias: Tensor([Float](repeating: 0, count: outputs)))), activation: activation)
    }
    return ModelDescription(
      input: .init(shape: [36]),
      encoders: [
        Conditional(
          .normal, given: [0], trunk: Stack([dense(36, 12, .tanh)]),
          parameters: [.mean: .stack(Stack([dense(12, 3)])), .logVariance: .stack(Stack([dense(12, 3)]))])
      ],
      decoders: [
        Conditional(
          .bernoulli, given: [1], trunk: Stack([dense(3, 12, .tanh)]),
          parameters: [.logits: .stack(Stack([dense(12, 36)]))])
      ])
  }
}

@Suite struct TrainerTests {
  private func options(
    _ objective: TrainingObjective = .importanceWeighted(.standard), samples: Int = 3, epochs: Int = 3
  ) -> TrainingOptions {
    var options = TrainingOptions(objective: objective, samples: samples, epochs: epochs)
    options.batch = 8
    options.rate = 0.01
    options.seed = 4
    return options
  }

  private func path(_ name: String) -> String {
    FileManager.default.temporaryDirectory.appending(path: "training-\(UUID().uuidString)-\(name)").path
  }

  @Test(
    "The bound rises",
    arguments: [
      TrainingObjective.evidenceLowerBound, .importanceWeighted(.standard), .importanceWeighted(.doublyReparameterized),
    ])
  func learns(_ objective: TrainingObjective) throws {
    let trainer = try Trainer(
      Strokes.model, initialises: true, on: Strokes.data, options: options(objective, epochs: 15))
    var bounds: [Double] = []
    try trainer.run(observe: { if $0.endsEpoch { bounds.append($0.bound) } })
    #expect(bounds.count == 15)
    #expect(bounds[14] > bounds[0] + 1, "\(bounds)")
  }

  @Test("One thread and two give the same bits", arguments: [1, 40])
  func threads(samples: Int) throws {
    let states = try [1, 2].map { threads in
      var options = options(samples: samples)
      options.threads = threads
      let trainer = try Trainer(Strokes.model, initialises: true, on: Strokes.data, options: options)
      try trainer.run()
      return trainer.network.state
    }
    #expect(states[0] == states[1])
  }

  @Test("A run that stops anywhere goes on to the same bits", arguments: [1, 8, 11])
  func resuming(steps: Int) throws {
    let whole = try Trainer(Strokes.model, initialises: true, on: Strokes.data, options: options())
    try whole.run()
    let checkpoint = path("checkpoint")
    defer { try? FileManager.default.removeItem(atPath: checkpoint) }
    let cancellation = Cancellation()
    let part = try Trainer(
      Strokes.model, initialises: true, on: Strokes.data, options: options(), cancellation: cancellation)
    var done = 0
    #expect(throws: CancellationError.self) {
      try part.run(save: { try $0.save(to: checkpoint) }) { _ in
        done += 1
        if done == steps { cancellation.cancel() }
      }
    }
    let rest = try Trainer(Strokes.model, initialises: true, on: Strokes.data, options: options())
    try rest.resume(from: checkpoint)
    var bounds: [Double] = []
    try rest.run(observe: { if $0.endsEpoch { bounds.append($0.bound) } })
    #expect(rest.network.state == whole.network.state)
    #expect(rest.finishedEpochs == 3)
  }

  @Test("A checkpoint of another run is refused by what differs")
  func otherRun() throws {
    let checkpoint = path("checkpoint")
    defer { try? FileManager.default.removeItem(atPath: checkpoint) }
    try Trainer(Strokes.model, initialises: true, on: Strokes.data, options: options()).save(to: checkpoint)
    var other = options()
    other.batch = 10
    let trainer = try Trainer(Strokes.model, initialises: true, on: Strokes.data, options: other)
    let error = #expect(throws: EvidenceError.self) { try trainer.resume(from: checkpoint) }
    #expect(error?.message.contains("expected batch 10, found batch 8") == true, "\(String(describing: error))")
  }

  @Test("A rate that diverges ends the run, and the checkpoint stays as it was")
  func diverging() throws {
    let checkpoint = path("checkpoint")
    defer { try? FileManager.default.removeItem(atPath: checkpoint) }
    var options = options(epochs: 50)
    options.rate = 1e6
    let trainer = try Trainer(Strokes.model, initialises: true, on: Strokes.data, options: options)
    try trainer.save(to: checkpoint)
    let before = try Data(contentsOf: URL(filePath: checkpoint))
    let error = #expect(throws: EvidenceError.self) {
      try trainer.run(save: { try $0.save(to: checkpoint) })
    }
    #expect(error?.message.contains("training diverged at epoch 1") == true, "\(String(describing: error))")
    #expect(try Data(contentsOf: URL(filePath: checkpoint)) == before)
  }

  @Test(
    "An encoder is refitted, and the decoder keeps its bits",
    arguments: [
      TrainingObjective.evidenceLowerBound, .wake,
    ])
  func refitting(_ objective: TrainingObjective) throws {
    let first = try Trainer(Strokes.model, initialises: true, on: Strokes.data, options: options(epochs: 5))
    try first.run()
    let model = first.network.currentDescription
    var options = options(objective, epochs: 10)
    options.trained = TrainedNetworks(encoder: true, decoder: false)
    let second = try Trainer(model, initialises: false, on: Strokes.data, options: options)
    try second.run()
    let refitted = second.network.currentDescription
    #expect(refitted.decoders == model.decoders && refitted.encoders != model.encoders)
  }

  @Test(
    "The examples of a small window are all those that are trained on, and no others",
    arguments: [0..<60, 5..<60, 12..<58, 20..<45])
  func windows(range: Range<Int>) throws {
    let compiled = try NetworkModel(Strokes.model)
    let plain = Dataset(Strokes.values, count: Strokes.count, preprocessing: Preprocessing(divideBy: 255))
    for budget in [36 * 16, 36 * 60] {
      let examples = TrainedExamples(range, without: 10..<20)
      let numbers = range.filter { !(10..<20).contains($0) }
      let data = try TrainingData(
        plain, examples: examples, for: compiled, batch: 8, seed: 1, budget: budget, check: {})
      #expect(data.count == numbers.count)
      var seen: [[Float]] = []
      for first in stride(from: 0, to: data.count, by: 8) {
        let places = first..<min(first + 8, data.count)
        try data.prepare(epoch: 2, places: places)
        for place in places {
          var example = [Float](repeating: 0, count: 36)
          example.withUnsafeMutableBufferPointer { buffer in
            if let start = buffer.baseAddress { data.write(place: place, into: start) }
          }
          seen.append(example)
        }
      }
      let expected = numbers.map { index in
        Strokes.values[index * 36..<(index + 1) * 36].map { Float(Double($0) / 255) }
      }
      func sorted(_ examples: [[Float]]) -> [[Float]] { examples.sorted { $0.lexicographicallyPrecedes($1) } }
      #expect(sorted(seen) == sorted(expected), "\(budget)")
      #expect(seen != expected)
    }
  }

  @Test("Binarization is drawn anew each epoch, a function of (seed, epoch, example)")
  func binarization() throws {
    let compiled = try NetworkModel(Strokes.model)
    func examples(epoch: Int) throws -> [[Float]: Int] {
      let data = try TrainingData(
        Strokes.data, examples: TrainedExamples(0..<60, without: 0..<0), for: compiled, batch: 8, seed: 1, check: {})
      try data.prepare(epoch: epoch, places: 0..<8)
      var counts: [[Float]: Int] = [:]
      for place in 0..<60 {
        var example = [Float](repeating: 0, count: 36)
        example.withUnsafeMutableBufferPointer { buffer in
          if let start = buffer.baseAddress { data.write(place: place, into: start) }
        }
        counts[example, default: 0] += 1
      }
      return counts
    }
    #expect(try examples(epoch: 0) == examples(epoch: 0))
    #expect(try examples(epoch: 0) != examples(epoch: 1))
  }

  @Test("Data that can't be trained on are refused")
  func refusals() throws {
    func trainer(_ data: Evidence.Dataset) throws -> Trainer {
      try Trainer(Strokes.model, initialises: true, on: data, options: options())
    }
    #expect(throws: EvidenceError.self) { try trainer(Dataset([], count: 0)) }
    #expect(throws: EvidenceError.self) { try trainer(Dataset([1, 0, 1, 1], count: 1)) }
    #expect(throws: EvidenceError.self) { try trainer(Dataset(Strokes.values, count: Strokes.count)) }
    var all = options()
    all.validation = 0..<60
    #expect(throws: EvidenceError.self) {
      try Trainer(Strokes.model, initialises: true, on: Strokes.data, options: all)
    }
  }
}

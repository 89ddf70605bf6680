import Foundation
import Models
import Testing

@testable import Networks

@Suite("Log-weights at given noise, lane by lane")
struct GradientLaneTests {
  @Test("Are those of draws made of the same noise", arguments: HierarchicalModel.all)
  func draws(_ model: HierarchicalModel) throws {
    // A Laplace posterior's draws have uniforms behind them, not normals.
    guard !model.posteriors.contains(.laplace) else { return }
    var random = Random(500)
    let network = try NetworkModel(model.description(&random))
    let x = HierarchicalModel.data(&random)
    let drawn = try logWeights(network, [x], draws: 0..<40)
    let points = (0..<40).map { noise(network, draw: $0).flatMap { $0.map(Float.init) } }
    #expect(try gradients(network, x, at: points).values == drawn)
  }

  @Test("Are the same bits in any lane among any number", arguments: HierarchicalModel.all)
  func sameBits(_ model: HierarchicalModel) throws {
    var random = Random(510)
    var description = model.description(&random)
    if description.encoders[0].distribution == .normal { description.encoders[0].flow = FlowTests.steps(4, &random) }
    let network = try NetworkModel(description)
    let x = HierarchicalModel.data(&random)
    let points = (0..<90).map { _ in (0..<network.noiseCount).map { _ in random.number(2) } }
    let whole = try gradients(network, x, at: points)
    for part in [0..<1, 5..<37, 80..<90] {
      let found = try gradients(network, x, at: Array(points[part]))
      #expect(found.values == Array(whole.values[part]) && found.gradients == Array(whole.gradients[part]))
    }
  }

  /// A scale that is stored as it is, from a head without a positive end, leaves its domain on one side of zero.
  private func model(_ conditional: Distribution) -> ModelDescription {
    let identity = Tensor(rows: 1, columns: 1, [1])
    let head = { (weight: Tensor) in Parameter.stack(Stack([Layer(.dense(Dense(weight: weight, layout: .weight)))])) }
    return ModelDescription(
      input: .init(shape: [1]),
      encoders: [
        Conditional(
          .normal, given: [0],
          parameters: [.mean: .constant(Tensor([0])), .scale: .stack(Stack([Layer(.activation)]))])
      ],
      decoders: [
        Conditional(conditional, given: [1], parameters: [.mean: head(identity), .scale: head(identity)])
      ])
  }

  @Test("A scale that is not positive makes its lane NaN", arguments: [Distribution.normal, .laplace])
  func badScales(_ conditional: Distribution) throws {
    for instructions in InstructionSet.available {
      let network = try NetworkModel(model(conditional), instructionSet: instructions)
      let found = try gradients(network, [1], at: [[0.5], [-0.5], [2], [.nan], [0], [.infinity]])
      for (lane, isGood) in [true, false, true, false, false, false].enumerated() {
        #expect(found.values[lane].isFinite == isGood)
        #expect(found.gradients[lane].allSatisfy { isGood ? $0.isFinite : $0.isNaN })
      }
    }
  }

  @Test("A posterior's scale that no noise can mend is an error with its place")
  func badPosterior() throws {
    let network = try NetworkModel(model(.normal))
    let error = #expect(throws: InvalidParameter.self) { try gradients(network, [-1], at: [[0.5]]) }
    #expect(error?.path == "/encoder/1")
  }

  @Test("Values past a float's range end in NaN or minus infinity, never in a number")
  func overflow() throws {
    var random = Random(520)
    var model = toyModel(.poisson, pixels: 3, latents: 2, &random)
    model.decoders[0].parameters = [.logRate: .stack(Stack([random.dense(5, 3, 1), random.dense(3, 3, 1e20)]))]
    let network = try NetworkModel(model)
    let found = try gradients(network, [1, 0, 4], at: [[0, 0], [3, -3], [1e30, 1e30]])
    for (value, gradient) in zip(found.values, found.gradients) {
      #expect(value < 1e6 || value.isNaN)
      #expect(value.isFinite || gradient.allSatisfy(\.isNaN))
    }
  }

  @Test("Held latents have no part in it")
  func held() throws {
    var random = Random(530)
    let model = HierarchicalModel.all[4].description(&random)
    let x = HierarchicalModel.data(&random)
    let whole = try NetworkModel(model)
    var values: [[Float?]] = whole.latentCounts.map { Array(repeating: nil, count: $0) }
    values[0][1] = 0.3
    values[1][2] = -0.4
    let network = try whole.holding(HeldLatents(values: values))
    let point = (0..<whole.noiseCount).map { _ in random.number(1.5) }
    let found = try gradients(network, x, at: [point])
    for row in point.indices {
      var (lower, upper) = (point, point)
      lower[row] -= 0x1p-8
      upper[row] += 0x1p-8
      let ends = try gradients(network, x, at: [lower, upper]).values
      // Values are floats' sums: a difference of some 10⁻⁶ over a step of 2⁻⁷.
      #expect(abs((ends[1] - ends[0]) * 128 - Double(found.gradients[0][row])) < 2e-3)
      if row == 1 || row == whole.latentCounts[0] + 2 { #expect(found.gradients[0][row] == 0) }
    }
  }
}

import Foundation
import Models
import Testing

@testable import Networks

@Suite("Normalizing flows of the posterior")
struct FlowTests {
  /// A dense layer whose output i is computed from inputs before i alone (and i itself, with the diagonal).
  private static func masked(_ random: inout Random, _ d: Int, reversed: Bool, diagonal: Bool = false) -> Layer {
    var layer = Dense(weight: random.tensor([d, d], 0.8), layout: .weight, bias: random.tensor([d], 0.3))
    for i in 0..<d {
      for j in 0..<d where reversed ? j < i || (j == i && !diagonal) : j > i || (j == i && !diagonal) {
        layer.weight.values[i * d + j] = 0
      }
    }
    return Layer(.dense(layer), activation: .tanh)
  }

  static func steps(_ d: Int, _ random: inout Random) -> [FlowStep] {
    let network = { (random: inout Random) in
      Stack([random.dense(d, 6, activation: .tanh), random.dense(6, d, 0.5, activation: .tanh)])
    }
    let autoregressive = { (random: inout Random, reversed: Bool) in
      Stack([masked(&random, d, reversed: reversed), masked(&random, d, reversed: reversed, diagonal: true)])
    }
    let mask = Tensor((0..<d).map { Float($0 % 2) })
    let other = Tensor((0..<d).map { Float(1 - $0 % 2) })
    return [
      .planar(u: random.tensor([d], 0.8), w: random.tensor([d], 0.8), b: 0.3),
      .affineCoupling(mask: mask, shift: network(&random), logScale: network(&random)),
      .affineCoupling(mask: other, shift: network(&random), logScale: network(&random)),
      .inverseAutoregressive(shift: autoregressive(&random, false), logScale: autoregressive(&random, false)),
      .inverseAutoregressive(shift: autoregressive(&random, true), logScale: autoregressive(&random, true)),
      // Deliberately orientation-reversing: det = 1 − 4 (1 − tanh²) passes through negative values.
      .planar(
        u: Tensor([-2] + Array(repeating: 0, count: d - 1)), w: Tensor([2] + Array(repeating: 0, count: d - 1)), b: 0),
    ]
  }

  /// log |det| of the reference map by central differences and elimination.
  private func logDeterminant(_ map: ([Double]) -> [Double], _ z: [Double]) -> Double {
    let h = 1e-5
    let columns = z.indices.map { j in
      var (lower, upper) = (z, z)
      lower[j] -= h
      upper[j] += h
      return zip(map(upper), map(lower)).map { ($0 - $1) / (2 * h) }
    }
    var matrix = columns  // The transpose has the same determinant.
    var result = 0.0
    for i in z.indices {
      let pivot = (i..<z.count).max { abs(matrix[$0][i]) < abs(matrix[$1][i]) } ?? i
      matrix.swapAt(i, pivot)
      result += log(abs(matrix[i][i]))
      for row in i + 1..<max(i + 1, z.count) {
        let factor = matrix[row][i] / matrix[i][i]
        for column in i..<z.count { matrix[row][column] -= factor * matrix[i][column] }
      }
    }
    return result
  }

  @Test("Determinants against finite differences, and the map against double precision", arguments: [2, 3, 5])
  func determinants(d: Int) throws {
    var random = Random(UInt64(d))
    let reference = ReferenceModel(toyModel(.bernoulli, pixels: 2, latents: d, &random))
    for step in Self.steps(d, &random) {
      var planner = Planner(dataFormat: .channelsLast)
      let steps = planner.plan([step], units: d, path: "")
      let compiled = Compiler(dataFormat: .channelsLast).compile(try #require(steps?.first))
      let lanes = 48
      var arena = Arena(capacity: (d + compiled.arenaRows(d)) * lanes)
      let z = arena.take(rows: d, lanes: lanes)
      for i in 0..<d * lanes { z.data[i] = random.number(2) }
      let before = (0..<lanes).map { lane in (0..<d).map { Double(z.data[$0 * lanes + lane]) } }
      var logDeterminants = [Double](repeating: 0.25, count: lanes)
      compiled.apply(to: z, logDeterminant: &logDeterminants, arena: &arena, InstructionSet.best.kernels)
      for lane in 0..<lanes {
        let expected = reference.apply(step, before[lane])
        expectClose((0..<d).map { z.data[$0 * lanes + lane] }, expected.z, 1e-6)
        let numerical = logDeterminant({ reference.apply(step, $0).z }, before[lane])
        #expect(abs(logDeterminants[lane] - numerical) < 1e-5 * max(1, exp(-numerical)))
      }
    }
  }

  @Test("A flow posterior against quadrature in two dimensions", arguments: [Distribution.bernoulli, .normal])
  func evidence(_ likelihood: Distribution) throws {
    var random = Random(11)
    var model = toyModel(likelihood, pixels: 4, latents: 2, &random)
    let flow = Self.steps(2, &random).dropLast()
    let data = toyData(likelihood, pixels: 4)
    let evidence = ReferenceModel(model).logEvidence(data.map(Double.init), latents: 2, points: 200)
    for flow in [[flow[0]], Array(flow[1...2]), Array(flow[3...4]), Array(flow)] {
      model.encoders[0].flow = flow
      let network = try NetworkModel(model)
      let flowed = ReferenceModel(model)
      let weights = try logWeights(network, [data], draws: 0..<2000)
      for draw in 0..<50 {
        let expected = flowed.logWeight(data.map(Double.init), noise: noise(network, draw: draw))
        #expect(abs(weights[draw] - expected) < 1e-4)
      }
      let (mean, error) = meanAndError(weights.map { exp($0 - evidence) })
      #expect(abs(mean - 1) < 4 * error && error < 0.3, "\(mean) ± \(error)")
      #expect(network.hasClosedForm == [false])
    }
  }

  @Test("Divergences after a flow have no closed form")
  func posteriors() throws {
    var random = Random(12)
    var model = toyModel(.bernoulli, pixels: 3, latents: 2, &random)
    model.encoders[0].flow = Self.steps(2, &random)
    let network = try NetworkModel(model)
    let workspace = network.makeWorkspace(examples: 1)
    [Float](arrayLiteral: 1, 0, 1).withUnsafeBufferPointer { network.encode($0, count: 1, in: workspace) }
    let posterior = try network.posteriors(position: 0, key: key, draws: 0..<4, in: workspace)[0]
    // The means are draws, one row each; the layer's divergence is known at the draws, its units' are not.
    #expect(posterior.draws == 4 && posterior.areMeansSampled && posterior.means.allSatisfy(\.isFinite))
    #expect(posterior.divergences.allSatisfy(\.isNaN) && posterior.logRatios == nil)
    let joint = try #require(posterior.jointDivergences)
    #expect(joint.count == 4 && joint.allSatisfy(\.isFinite))
    #expect(!posterior.isFactorizedNormal)
    #expect(throws: InvalidModel.self) { try network.holding(HeldLatents(values: [[0, nil]])) }
  }

  @Test("A determinant that is not finite is an error with its place")
  func overflow() throws {
    var random = Random(13)
    var model = toyModel(.bernoulli, pixels: 3, latents: 2, &random)
    let large = Stack([
      Layer(.dense(Dense(weight: Tensor(rows: 2, columns: 2, [0, 0, 3e38, 0]), layout: .weight))),
      Layer(.dense(Dense(weight: Tensor(rows: 2, columns: 2, [10, 0, 0, 10]), layout: .weight))),
    ])
    model.encoders[0].flow = [.inverseAutoregressive(shift: Stack([random.dense(2, 2, 0)]), logScale: large)]
    let network = try NetworkModel(model)
    #expect(throws: InvalidParameter.self) { try logWeights(network, [[1, 0, 1]], draws: 0..<16) }
  }
}

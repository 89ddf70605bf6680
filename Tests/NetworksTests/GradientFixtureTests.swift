import Models
import Testing

@testable import Networks

@Suite("Gradients against PyTorch's autograd")
struct GradientFixtureTests {
  @Test("Every case of the file has a model")
  func complete() {
    #expect(GradientFixture.all.count == 46 && GradientFixture.all.allSatisfy { $0.model != nil })
  }

  /// Relative to the largest element: networks run in float32, and PyTorch ran in double precision.
  @Test("Value and gradient", arguments: GradientFixture.all)
  func gradient(_ fixture: GradientFixture) throws {
    let model = try #require(fixture.model)
    for instructions in InstructionSet.available {
      let found = try gradients(NetworkModel(model, instructionSet: instructions), fixture.x, at: [fixture.noise])
      #expect(abs(found.values[0] - fixture.value) < 1e-5 * max(10, abs(fixture.value)), "\(instructions)")
      let size = max(1, fixture.gradient.map(\.magnitude).max() ?? 1)
      let error = zip(found.gradients[0], fixture.gradient).map { abs(Double($0) - $1) }.max() ?? .infinity
      #expect(error < 1e-4 * size, "\(instructions): \(found.gradients[0]), not \(fixture.gradient)")
    }
  }

  /// Layers but pooling are linear: with f(x) = J x + c, what the reverse makes of g is Jᵀ g, so ⟨Jᵀ g, v⟩ = ⟨g, J v⟩.
  /// A maximum is linear as long as the same element is the largest.
  @Test("Each layer's reverse is the transpose of its run", arguments: LayerFixture.all)
  func transposes(_ fixture: LayerFixture) throws {
    switch fixture.layer.operation {
    case .convolution, .transposedConvolution, .dense, .pooling, .upsampling, .crop, .pad, .batchNormalization: break
    default: return
    }
    var layer = fixture.layer
    layer.activation = .identity
    var random = Random(300)
    let program = try compile(Stack([layer]), shape: fixture.input.shape, format: fixture.format)
    for instructions in InstructionSet.available {
      let k = instructions.kernels
      let lanes = 16
      var arena = Arena(
        capacity: (2 * program.inputRows + 2 * program.outputRows + program.keptRows + program.reverseRows) * lanes)
      let x = arena.take(rows: program.inputRows, lanes: lanes)
      // Lanes 0 and 1 are x + h v and x − h v; the others are as good as any. For a maximum, the elements are further apart
      // than the steps, which are exact.
      let isMaximum = if case .pooling(let pooling) = layer.operation { pooling.kind == .maximum } else { false }
      let h: Float = isMaximum ? 0x1p-6 : 1
      let v = (0..<x.rows).map { _ in isMaximum ? (random.number() * 64).rounded() / 64 : random.number() }
      let order = (0..<x.rows).shuffled(using: &random)
      for row in 0..<x.rows {
        let value = isMaximum ? Float(order[row]) / 16 : fixture.input.values[row]
        for lane in 0..<lanes { x.data[row * lanes + lane] = value + (lane == 0 ? h : -h) * v[row] }
      }
      let kept = arena.take(rows: program.keptRows, lanes: lanes).data
      let output = program.runKeeping(x, kept: kept, k)
      let gradient = arena.take(rows: output.rows, lanes: lanes)
      let g = (0..<output.rows).map { _ in random.number() }
      spread(gradient, g)
      var expected = 0.0
      for row in 0..<output.rows {
        let difference: Float = output.data[row * lanes] - output.data[row * lanes + 1]
        expected += Double(g[row] * difference) / Double(2 * h)
      }
      let result = arena.take(rows: x.rows, lanes: lanes)
      program.reverse(gradient, input: x, kept: kept, into: result, arena: &arena, k)
      var found = 0.0
      for row in 0..<x.rows { found += Double(v[row]) * Double(result.data[row * lanes]) }
      let size = Double(output.rows).squareRoot()
      #expect(abs(found - expected) < 1e-5 * max(size, abs(expected)), "\(instructions)")
    }
  }

  private func spread(_ matrix: Lanes, _ values: [Float]) {
    for (row, value) in values.enumerated() {
      (matrix.data + row * matrix.lanes).update(repeating: value, count: matrix.lanes)
    }
  }
}

import CKernels
import Testing

/// What a lane yields is the same bits wherever it stands and however many there are.
@Suite struct LaneTests {
  /// Runs `body` on 160 lanes at once and, for each start and width, on some of them alone.
  func check(
    rows: Int, _ comment: String, seed: UInt64 = 1, _ body: (_ input: Lanes, _ first: Int) -> [UInt64]
  ) {
    var source = Source(state: seed)
    let whole = Lanes(rows: rows, lanes: 160) { _, _ in source.float(-2...2) }
    let expected = body(Lanes(rows: rows, lanes: 160) { whole[$0, $1] }, 0)
    let results = expected.count / 160
    for (first, lanes) in [(0, 16), (16, 16), (48, 96), (32, 48), (112, 48), (64, 64), (144, 16), (0, 112), (5, 32)] {
      let part = Lanes(rows: rows, lanes: lanes) { row, lane in whole[row, first + lane] }
      let found = body(part, first)
      for r in 0..<results {
        let same = (0..<lanes).allSatisfy { found[r * lanes + $0] == expected[r * 160 + first + $0] }
        #expect(same, "\(comment): lanes \(first)..<\(first + lanes)")
      }
    }
  }

  @Test(arguments: Variant.all) func products(variant: Variant) {
    var source = Source(state: 3)
    let (outputs, inputs) = (13, 37)
    let weights = (0..<outputs * inputs).map { _ in source.float(-1...1) }
    var packed = [Float](repeating: 0, count: ck_packed_count(outputs, inputs))
    ck_pack(outputs, inputs, weights, inputs, 1, nil, &packed)
    let rows = (0..<Int32(inputs)).map { $0 % 5 == 0 ? -1 : $0 }
    for gathered in [false, true] {
      check(rows: inputs, "product") { input, _ in
        let out = Lanes(rows: outputs, lanes: input.lanes)
        rows.withUnsafeBufferPointer { rows in
          variant.kernels.product(
            outputs, inputs, packed, input.pointer, gathered ? rows.baseAddress : nil, input.lanes, out.pointer, 1)
        }
        return out.bits.map(UInt64.init)
      }
    }
  }

  @Test(arguments: Variant.all) func layers(variant: Variant) {
    let kernels = variant.kernels
    let scale = [Float](repeating: 1.3, count: 12), offset = [Float](repeating: 0.1, count: 12)
    check(rows: 12, "softmax") { input, _ in
      kernels.softmax(3, 4, input.lanes, input.pointer)
      return input.bits.map(UInt64.init)
    }
    check(rows: 12, "log softmax") { input, _ in
      kernels.log_softmax(1, 12, input.lanes, 2.5, input.pointer)
      return input.bits.map(UInt64.init)
    }
    check(rows: 12, "layer norm") { input, _ in
      kernels.layer_norm(2, 6, input.lanes, 1e-5, scale, offset, input.pointer)
      return input.bits.map(UInt64.init)
    }
    check(rows: 12, "affine") { input, _ in
      kernels.affine(12, input.lanes, scale, offset, input.pointer)
      return input.bits.map(UInt64.init)
    }
  }

  @Test(arguments: Variant.all) func variates(variant: Variant) {
    let kernels = variant.kernels
    let fills: [Fill] = [
      { kernels.normals($0, $1, $2, $3, $4, $5, $6) }, { kernels.uniforms($0, $1, $2, $3, $4, $5, $6) },
      { kernels.laplaces($0, $1, $2, $3, $4, $5, $6) },
    ]
    for fill in fills {
      check(rows: 6, "variates") { input, first in
        fill(5, 6, 100 + UInt32(first), 2, 6, input.lanes, input.pointer)
        return input.bits.map(UInt64.init)
      }
    }
  }

  @Test(arguments: Variant.all) func densities(variant: Variant) {
    let all = [
      CK_STANDARD_NORMAL, CK_STANDARD_LAPLACE, CK_NORMAL, CK_LAPLACE, CK_BERNOULLI_LOGITS, CK_BERNOULLI_PROBABILITIES,
      CK_CONTINUOUS_BERNOULLI_LOGITS, CK_CONTINUOUS_BERNOULLI_PROBABILITIES, CK_CATEGORICAL, CK_DISCRETIZED_LOGISTIC,
      CK_LOGISTIC_MIXTURE, CK_BETA, CK_POISSON, CK_NEGATIVE_BINOMIAL, CK_ZERO_INFLATED_NEGATIVE_BINOMIAL,
    ]
    for density in all {
      let probabilities =
        density == CK_BERNOULLI_PROBABILITIES || density == CK_CONTINUOUS_BERNOULLI_PROBABILITIES
      for perLane in [false, true] {
        let rows = 67, components = density == CK_CATEGORICAL || density == CK_LOGISTIC_MIXTURE ? 3 : 1
        let counts = [CK_CATEGORICAL, CK_POISSON, CK_NEGATIVE_BINOMIAL, CK_ZERO_INFLATED_NEGATIVE_BINOMIAL]
        let shared = Lanes(rows: rows, lanes: 1) { row, _ in
          counts.contains(density) ? Float(row % 3) : Float(1 + row % 7) / 8
        }
        check(rows: rows * components, "density \(density.rawValue)") { input, _ in
          let own = Lanes(rows: rows * components, lanes: input.lanes) { row, lane in
            probabilities ? (input[row, lane] + 2) / 4 : input[row, lane]
          }
          let x = Lanes(rows: rows, lanes: input.lanes) { row, lane in
            counts.contains(density)
              ? (input[row, lane] + 2).rounded(.down).clamped(to: 0...2)
              : density.rawValue <= CK_LAPLACE.rawValue ? input[row, lane] : (input[row, lane] + 2.01) / 4.02
          }
          let log = CK_LOG
          let result = variant.kernels.logDensity(
            density, rows: rows, lanes: input.lanes, x: perLane ? x.operand() : shared.shared(),
            [own.operand(log), own.operand(log), own.operand(log)], components: components)
          return result.total.map(\.bitPattern)
        }
      }
    }
  }
}

extension Float {
  func clamped(to range: ClosedRange<Float>) -> Float { min(max(self, range.lowerBound), range.upperBound) }
}

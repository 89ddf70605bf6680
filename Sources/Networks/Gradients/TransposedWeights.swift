import CKernels
import Models
import Synchronization

/// Something that is made when it is first asked for, by whichever thread that is, and then shared.
///
/// It holds no lock: `Mutex` waits inside a library that ThreadSanitizer does not see into. Threads that ask at the same
/// time may make it twice, and one of the two is kept.
final class Lazily<Value: Sendable>: Sendable {
  private final class Made: Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
  }

  private let made = AtomicLazyReference<Made>()
  private let make: @Sendable () -> Value

  init(_ make: @escaping @Sendable () -> Value) { self.make = make }

  var value: Value { (made.load() ?? made.storeIfNil(Made(make()))).value }
}

extension DenseStep {
  /// The weights' transpose, packed: of a model that nobody differentiates it is never made.
  static func transposed(_ packed: AlignedBuffer, inputs: Int, outputs: Int) -> Lazily<AlignedBuffer> {
    Lazily {
      let packing = Int(CK_PACK)
      var weight = [Float](repeating: 0, count: inputs * outputs)
      for output in 0..<outputs {
        let block = packed.pointer + output / packing * packing * (inputs + 1) + output % packing
        for input in 0..<inputs { weight[input * outputs + output] = block[(input + 1) * packing] }
      }
      let result = AlignedBuffer(count: ck_packed_count(inputs, outputs))
      ck_pack(inputs, outputs, weight, outputs, 1, nil, result.pointer)
      return result
    }
  }
}

extension ConvolutionBuilder {
  /// What a convolution does in reverse is a convolution too: from the outputs to the inputs, through the same taps.
  func transposed() -> ConvolutionBuilder {
    ConvolutionBuilder(
      input: output, output: input, groups: groups, vertical: Self.inverted(vertical, positions: input.height),
      horizontal: Self.inverted(horizontal, positions: input.width), weight: weight, bias: nil,
      steps: (steps.vertical, steps.horizontal, steps.output, steps.input, steps.group))
  }

  /// For each input, the outputs that it reaches.
  private static func inverted(_ taps: [[WindowAxis.Tap]], positions: Int) -> [[WindowAxis.Tap]] {
    var result = [[WindowAxis.Tap]](repeating: [], count: positions)
    for (position, taps) in taps.enumerated() {
      for tap in taps {
        if let input = tap.input { result[input].append(WindowAxis.Tap(window: tap.window, input: position)) }
      }
    }
    return result
  }
}

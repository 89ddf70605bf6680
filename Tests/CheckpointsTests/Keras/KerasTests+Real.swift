import Foundation
import Networks
import Testing

@testable import Checkpoints

extension KerasTests {
  @Suite struct Scratch {
    @Test func show() throws {
      guard let list = ProcessInfo.processInfo.environment["KERAS_SHOW"] else { return }
      for line in list.split(separator: ";") {
        let files = line.split(separator: " ").map(String.init)
        print("=====", files)
        do {
          let result = try KerasImport.read(files: files)
          let m = result.model
          print(m.about, m.input, m.dataFormat)
          func show(_ s: Stack?) -> String { (s?.layers ?? []).map { "\($0.name ?? "-"):\($0.operation.name):\($0.activation)" }.joined(separator: " → ") }
          for c in m.encoders + m.decoders {
            print(c.distribution, "trunk", show(c.trunk))
            for (n, p) in c.parameters { if case .stack(let s) = p { print("   ", n, show(s)) } else { print("   ", n, p) } }
          }
          for a in result.assumptions { print("  *", a) }
        } catch { print("ERROR", error) }
      }
    }
  }
}

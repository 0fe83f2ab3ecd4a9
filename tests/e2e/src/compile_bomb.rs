//! A component that is small and takes gigabytes to compile.

/// The header of a component, which alone is the smallest one.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

/// A component with one function: loops inside of loops, each of which sets a variable, and branches to one around it. The
/// compiler brings all variables together at each of them.
#[must_use]
pub fn compile_bomb(variables: usize, loops: usize) -> Vec<u8> {
    let mut body = [number(1), number(variables), vec![0x7e]].concat();
    let mut random = 7_usize;
    let mut next = |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    for depth in 1..=loops {
        let [one, other, set] = std::array::from_fn(|_| number(next(variables)));
        body.extend([&[0x03, 0x40, 0x20], one.as_slice(), &[0x20], &other, &[0x7c, 0x21], &set].concat());
        body.extend([&[0x20], one.as_slice(), &[0xa7, 0x0d], &number(next(depth))].concat());
    }
    body.extend(vec![0x0b; loops + 1]);
    let code = [number(1), number(body.len()), body].concat();
    let module =
        [b"\0asm\x01\0\0\0".to_vec(), section(1, &[1, 0x60, 0, 0]), section(3, &[1, 0]), section(10, &code)];
    [EMPTY, section(1, &module.concat()).as_slice()].concat()
}

/// A number as WebAssembly writes it (LEB128).
fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id], number(content.len()).as_slice(), content].concat()
}

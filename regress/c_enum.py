"""Numbers that the tests share with the program, read from its headers."""
import re

def enum(header, name):
    """{member: number} of one enum of a header."""
    with open(header) as f: text = f.read()
    body = re.search(r"^enum %s \{(.*?)\};" % name, text, re.M | re.S).group(1)
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    numbers, following = {}, 0
    for member, value in re.findall(r"(\w+)(?: = (\w+))?(?:,|\s*$)", body):
        if value: following = numbers[value] if value in numbers else int(value)
        numbers[member] = following
        following += 1
    return numbers

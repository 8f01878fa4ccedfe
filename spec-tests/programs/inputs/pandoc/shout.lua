-- Strong emphasis becomes capitals, and headings lose a level.
function Strong(element) return pandoc.Str(pandoc.utils.stringify(element):upper()) end
function Header(element)
  element.level = element.level + 1
  return element
end

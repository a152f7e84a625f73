"""Words and sentences that the language tasks work on."""

from __future__ import annotations

from arena.corpora.instructions.facts import names, table

# Common words without spaces, to spell, count, reverse and sort.
WORDS = names(
    "apple, bridge, candle, dragon, engine, flower, garden, hammer, island, jacket, kitten, ladder,"
    "mirror, number, orange, pencil, rabbit, school, tunnel, window, yellow, basket, camera,"
    "dinner, eleven, finger, guitar, helmet, insect, jungle, kettle, lemon, monkey, needle, oyster,"
    "planet, rocket, saddle, ticket, valley, wallet, banana, cactus, desert, eagle, feather,"
    "giraffe, honey, jewel, ketchup, library, mountain, notebook, octopus, picture, question,"
    "rainbow, sandwich, teacher, umbrella, village, whistle, balloon, chimney, diamond, elephant,"
    "forest, glove, hospital, igloo, journey, kitchen, lantern, morning, napkin, opera, puzzle,"
    "quarter, river, silver, thunder, uncle, violin, winter, zebra, blanket, carpet, donkey, elbow,"
    "fountain, ghost, hotel, iron, juice, kingdom, lizard, nephew, ocean, parrot, queen,"
    "raven, spoon, tiger, unicorn, velvet, wagon, yogurt, acorn, butter, cherry, doctor, evening,"
    "factory, grape, hunter, ivory, jelly, knight, lamp, magnet, novel, onion, pillow, quilt,"
    "robin,"
    "shadow, tomato, urchin, vase, whale, zipper, arrow, bottle, castle, dolphin, envelope, fossil"
)
QUALITIES = names(
    "green, quiet, small, happy, bright, old, sweet, heavy, round, brave, clever, gentle, rusty,"
    "shiny, tall, tiny, warm, wooden"
)
_IRREGULAR_PLURALS = table(
    "child=children; foot=feet; tooth=teeth; mouse=mice; goose=geese; man=men; woman=women;"
    "ox=oxen;"
    "person=people; knife=knives; leaf=leaves; wolf=wolves; shelf=shelves; loaf=loaves;"
    "half=halves;"
    "calf=calves; thief=thieves; wife=wives; life=lives; sheep=sheep; deer=deer; potato=potatoes;"
    "tomato=tomatoes; hero=heroes; echo=echoes; baby=babies; city=cities; lady=ladies;"
    "story=stories; party=parties; berry=berries; cherry=cherries; family=families;"
    "butterfly=butterflies; box=boxes; fox=foxes; bus=buses; glass=glasses; dish=dishes;"
    "brush=brushes; church=churches; watch=watches; peach=peaches; bench=benches; match=matches;"
    "witch=witches; class=classes; kiss=kisses; wish=wishes; lunch=lunches; beach=beaches"
)
_REGULAR_PLURALS = names(
    "book, tree, car, dog, cat, house, table, chair, bird, pen, door, window, lamp, spoon, cup,"
    "shoe, hat, ring, star, cloud, river, hill, road, letter, apple, pear, egg, horse, cow, pig,"
    "duck, frog, bee, ant, spider, flower, garden, school, teacher, pupil, sister, brother, cousin,"
    "friend, boy, girl, toy, key, day, monkey, donkey, train, plane, bicycle, bridge, tower, wall,"
    "clock, phone, picture, song, poem, word, page, pencil, bag, coat, shirt, button, pocket"
)
PLURALS = {**_IRREGULAR_PLURALS, **{word: f"{word}s" for word in _REGULAR_PLURALS}}
PAST = table(
    "go=went; eat=ate; see=saw; take=took; make=made; come=came; run=ran; write=wrote; read=read;"
    "drink=drank; sing=sang; swim=swam; give=gave; know=knew; think=thought; bring=brought;"
    "teach=taught; catch=caught; find=found; tell=told; say=said; stand=stood; sit=sat;"
    "sleep=slept;"
    "keep=kept; feel=felt; leave=left; meet=met; lose=lost; send=sent; build=built; spend=spent;"
    "break=broke; speak=spoke; choose=chose; wake=woke; drive=drove; ride=rode; rise=rose;"
    "fall=fell; fly=flew; grow=grew; draw=drew; throw=threw; begin=began; ring=rang; forget=forgot;"
    "hold=held; hear=heard; win=won; dig=dug; hide=hid; bite=bit; feed=fed; lead=led; shake=shook;"
    "wear=wore; tear=tore; become=became; understand=understood; walk=walked; talk=talked;"
    "play=played; stop=stopped; try=tried; cry=cried; carry=carried; dance=danced; jump=jumped;"
    "open=opened; close=closed; help=helped; paint=painted; clean=cleaned; laugh=laughed;"
    "watch=watched; wash=washed; cook=cooked; plan=planned; hope=hoped; live=lived;"
    "listen=listened;"
    "visit=visited; answer=answered; smile=smiled; travel=travelled; study=studied; hurry=hurried"
)
WHO = names("She, He, My sister, The boy, Our teacher, The old man, Grandma, The gardener, Tom")
# What they do now, and what they did then.
DOING = table(
    "walks to the park=walked to the park; eats an apple=ate an apple; reads a book=read a book;"
    "sings a song=sang a song; drinks some tea=drank some tea; opens the window=opened the window;"
    "writes a letter=wrote a letter; feeds the cat=fed the cat; rides a horse=rode a horse;"
    "bakes a cake=baked a cake; cleans the kitchen=cleaned the kitchen; draws a map=drew a map;"
    "loses a glove=lost a glove; finds a coin=found a coin; takes the bus=took the bus;"
    "paints the door=painted the door; sees a fox=saw a fox; waters the plants=watered the plants;"
    "tells a story=told a story; plays the piano=played the piano; builds a wall=built a wall;"
    "runs home=ran home; sleeps late=slept late; makes breakfast=made breakfast;"
    "catches a fish=caught a fish; wears a red hat=wore a red hat; climbs the hill=climbed the hill"
)
OPPOSITES = table(
    "hot=cold; big=small; tall=short; happy=sad; fast=slow; up=down; in=out;"
    "open=closed; early=late; wet=dry; full=empty; rich=poor; strong=weak; clean=dirty;"
    "loud=quiet; thick=thin; wide=narrow; deep=shallow; high=low; near=far; first=last;"
    "begin=end; win=lose; push=pull; give=take; love=hate; laugh=cry; day=night; summer=winter;"
    "north=south; east=west; always=never; above=below; inside=outside; true=false; good=bad;"
    "easy=difficult; safe=dangerous; brave=cowardly; polite=rude; smooth=rough; sharp=blunt;"
    "sweet=sour; alive=dead; awake=asleep; same=different; more=less;"
    "many=few; before=after; front=back; top=bottom; arrive=leave;"
    "remember=forget; question=answer; friend=enemy; success=failure; increase=decrease;"
    "expand=shrink; float=sink; accept=refuse; arrival=departure; ancient=modern; tight=loose;"
    "straight=crooked; public=private; simple=complicated; visible=invisible; possible=impossible;"
    "lucky=unlucky; kind=unkind; honest=dishonest; patient=impatient; legal=illegal;"
    "regular=irregular; correct=incorrect; polished=unpolished; known=unknown; tidy=untidy"
)
SYNONYMS = table(
    "big=large; small=little; happy=glad; sad=unhappy; fast=quick; smart=clever; begin=start;"
    "end=finish; angry=cross; brave=bold; calm=peaceful; easy=simple; hard=difficult;"
    "scared=afraid;"
    "tired=weary; funny=amusing; quiet=silent; rich=wealthy; sick=ill; thin=slim; strange=odd;"
    "tidy=neat; wet=damp; wrong=incorrect; right=correct; gift=present; house=home; road=street;"
    "child=kid; rock=stone; jump=leap; shout=yell; look=gaze; help=assist; fix=repair; choose=pick;"
    "speak=talk; hurry=rush; close=shut; build=construct; reply=answer; rest=relax; keep=retain;"
    "mistake=error; job=work; idea=thought; trip=outing; beautiful=lovely; famous=well-known;"
    "lucky=fortunate; polite=courteous; empty=vacant; shy=timid; delicious=tasty; huge=enormous"
)
RHYMES = table(
    "cat=hat; dog=fog; tree=bee; moon=spoon; light=night; house=mouse; ball=tall; king=ring;"
    "cake=lake; rain=train; book=cook; star=car; bear=chair; goat=boat; fish=dish; sun=fun;"
    "day=play;"
    "blue=shoe; bed=red; hill=mill; snow=slow; nose=rose; sky=fly; bell=well;"
    "sand=hand; frog=log; green=queen; nine=line; ten=hen; four=door; sock=clock; pig=wig; pen=men;"
    "cold=gold; land=band; wall=fall; heart=part; dream=team; power=flower; mountain=fountain"
)
FRENCH = table(
    "dog=chien; cat=chat; house=maison; water=eau; bread=pain; milk=lait; sun=soleil; moon=lune;"
    "tree=arbre; flower=fleur; book=livre; school=école; friend=ami; brother=frère; sister=sœur;"
    "mother=mère; father=père; child=enfant; day=jour; night=nuit; morning=matin; evening=soir;"
    "red=rouge; blue=bleu; green=vert; white=blanc; black=noir; yellow=jaune; one=un; two=deux;"
    "three=trois; four=quatre; five=cinq; six=six; seven=sept; eight=huit; nine=neuf; ten=dix;"
    "apple=pomme; cheese=fromage; egg=œuf; fish=poisson; horse=cheval; bird=oiseau; cow=vache;"
    "hand=main; head=tête; eye=œil; heart=cœur; door=porte; window=fenêtre; table=table;"
    "chair=chaise;"
    "street=rue; city=ville; garden=jardin; fire=feu; wind=vent; snow=neige; summer=été;"
    "winter=hiver; Monday=lundi; Friday=vendredi; Sunday=dimanche; hello=bonjour;"
    "goodbye=au revoir;"
    "yes=oui; thank you=merci; big=grand; small=petit; good=bon; new=nouveau; young=jeune;"
    "to eat=manger;"
    "to drink=boire; to sleep=dormir; to speak=parler; to sing=chanter; king=roi; queen=reine;"
    "shoe=chaussure"
)
SPANISH = table(
    "dog=perro; cat=gato; house=casa; water=agua; bread=pan; milk=leche; sun=sol; moon=luna;"
    "tree=árbol; flower=flor; book=libro; school=escuela; friend=amigo; brother=hermano;"
    "sister=hermana; mother=madre; father=padre; child=niño; day=día; night=noche; red=rojo;"
    "blue=azul;"
    "green=verde; white=blanco; black=negro; yellow=amarillo; one=uno; two=dos; three=tres;"
    "four=cuatro; five=cinco; six=seis; seven=siete; eight=ocho; nine=nueve; ten=diez;"
    "apple=manzana;"
    "cheese=queso; egg=huevo; horse=caballo; bird=pájaro; cow=vaca; hand=mano; head=cabeza;"
    "eye=ojo; heart=corazón; door=puerta; window=ventana; table=mesa; chair=silla; street=calle;"
    "city=ciudad; garden=jardín; fire=fuego; wind=viento; snow=nieve; summer=verano;"
    "winter=invierno; Monday=lunes; Friday=viernes; Sunday=domingo; hello=hola; goodbye=adiós;"
    "yes=sí; thank you=gracias; big=grande; small=pequeño; good=bueno; new=nuevo; young=joven;"
    "to eat=comer; to drink=beber; to sleep=dormir; to speak=hablar; to sing=cantar; king=rey;"
    "queen=reina; shoe=zapato"
)
FIRST_NAMES = names(
    "Anna, Ben, Clara, David, Emma, Felix, Grace, Henry, Ida, Jack, Kate, Leo, Maria, Noah, Olivia,"
    "Paul, Rosa, Sam, Tina, Victor"
)
LAST_NAMES = names(
    "Adams, Brown, Clarke, Davis, Evans, Fisher, Green, Hughes, Irwin, Jones, Kelly, Lewis, Moore,"
    "Nelson, Owen, Parker, Reed, Scott, Turner, White"
)
ORDERS = names(
    "Open the window, Close the door, Pass the salt, Send me the file, Wait a minute, Sit down,"
    "Turn off the light, Speak louder, Help me with this, Bring a chair, Call me later,"
    "Read the letter, Move your car, Show me the way, Lend me a pen, Feed the cat,"
    "Carry this box, Check my answer, Repeat the question, Write your name, Hold the ladder,"
    "Wash the dishes, Clean your desk, Follow me, Stop talking, Come earlier, Keep the dog out,"
    "Give me a glass of water, Turn down the radio, Take off your shoes, Hand me the towel,"
    "Set the table, Water the plants, Answer the phone, Explain the rule, Let me in,"
    "Put the book back, Tell me the time, Leave the room, Finish your homework"
)
